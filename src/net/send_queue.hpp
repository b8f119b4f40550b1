#pragma once
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/socket_address.hpp"

namespace sipcast {

/// The largest UDP payload over IPv4, and so of a GSO super-packet.
inline constexpr size_t kMaxUdpPayload = 65'507;

struct SendCounts {
  uint64_t sent = 0;     ///< datagrams, not super-packets
  uint64_t dropped = 0;  ///< the kernel's buffer was full, or an error
  uint64_t gso_batches = 0;
  uint64_t gso_refused = 0;
};

/// Headers for one sendmmsg; one for all sockets of a loop, so that a flush allocates nothing.
class SendBatch {
 public:
  static constexpr size_t kMessages = 64;
  static constexpr size_t kPieces = 1024;
  static constexpr size_t kMaxSegments = 64;  // UDP_MAX_SEGMENTS of older kernels

 private:
  friend class SendQueue;
  union alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(uint16_t))> bytes;
  };
  std::vector<mmsghdr> messages_ = std::vector<mmsghdr>(kMessages);
  std::vector<iovec> pieces_ = std::vector<iovec>(kPieces);
  std::vector<Control> controls_ = std::vector<Control>(kMessages);
  size_t message_count_ = 0;
  size_t piece_count_ = 0;
};

/// What one UDP socket sends in one turn. Datagrams to one destination keep their order and, where
/// their sizes allow, travel as GSO super-packets; the order between destinations is free. Borrows
/// the bytes until flush().
class SendQueue {
 public:
  explicit SendQueue(bool gso) : gso_(gso) {}
  /// `datagram` is not empty and at most kMaxUdpPayload long.
  void add(BytesView datagram, const SocketAddress& to);
  bool empty() const { return datagrams_.empty(); }
  /// Sends or drops everything. Never blocks.
  void flush(int fd, SendBatch& batch, SendCounts& counts);
  /// Whose datagrams the last flush dropped because the kernel's buffer was full.
  const std::vector<SocketAddress>& overflowed() const { return overflowed_; }

 private:
  struct Datagram {
    BytesView bytes;
    uint32_t next;
  };
  struct Destination {
    SocketAddress address;
    sockaddr_storage storage;
    socklen_t storage_size;
    uint32_t first;
    uint32_t last;
    size_t table_slot;
  };
  uint32_t destination_of(const SocketAddress& to);
  uint32_t look_up(const SocketAddress& to);
  void grow_table();
  void put_destination(int fd, Destination& to, SendBatch& batch, SendCounts& counts);
  uint32_t put_message(uint32_t first, Destination& to, SendBatch& batch) const;
  void send_batch(int fd, SendBatch& batch, SendCounts& counts);
  void send_plainly(int fd, const msghdr& message, SendCounts& counts);
  void note_overflow(const msghdr& message);
  void on_gso_refused(int error, SendCounts& counts);

  std::vector<Datagram> datagrams_;
  std::vector<Destination> destinations_;
  std::vector<SocketAddress> overflowed_;
  std::vector<uint32_t> table_;  // open addressing: index into destinations_, or kNone
  uint32_t last_ = 0;            // the destination of the datagram before
  size_t turn_ = 0;              // rotates who comes first, and so who is dropped last
  bool gso_;
  bool full_ = false;     // during a flush: the kernel takes no more
  int gso_refusals_ = 0;  // since the last success
};

}  // namespace sipcast
