#pragma once
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sipcast {

/// Cuts the bytes of one TCP connection into datagrams: each has its length before it, 16 bits
/// (RFC 4571 §2).
class DatagramFramer {
 public:
  /// Nothing that a viewer sends is longer: STUN, DTLS, RTCP.
  static constexpr size_t kMaxDatagram = 4096;

  /// Bytes as they came from the connection, any amount.
  void append(BytesView bytes);
  /// The next whole datagram, valid until the next append(); none when more bytes are needed. Empty
  /// ones are skipped. Errors: Exhausted (longer than kMaxDatagram): close the connection.
  Result<std::optional<BytesView>> next();

 private:
  Bytes buffer_;
  size_t begin_ = 0;  // of what is not given out yet
};

/// The two bytes before a datagram of `size` bytes, at most 65,535.
inline void append_frame_length(size_t size, Bytes& out) {
  out.push_back(static_cast<uint8_t>(size >> 8));
  out.push_back(static_cast<uint8_t>(size & 0xff));
}

}  // namespace sipcast
