#pragma once
#include <map>
#include <string>

#include "base/bytes.hpp"
#include "base/socket_address.hpp"
#include "secure/stun.hpp"

namespace sipcast {

/// What keeps the way through a NAT of ours open for SIP over UDP, from the registrar to us.
enum class KeepAlive : uint8_t {
  Off,
  Crlf,  ///< two line ends, which every SIP server reads over
  Stun,  ///< binding requests (RFC 5626 §4.4.2): the answer tells when the NAT gave us another port
};

/// Makes keep-alives and reads their answers; sends nothing itself. Control loop only.
class UdpKeepAlive {
 public:
  explicit UdpKeepAlive(KeepAlive kind) : kind_(kind) {}
  bool on() const { return kind_ != KeepAlive::Off; }
  /// What to send to `peer` now.
  Bytes next(const SocketAddress& peer);
  enum class Taken : uint8_t { No, Same, Moved };
  /// No: it is not an answer to ours. Moved: the peer sees us at another address than before.
  Taken take(BytesView datagram, const SocketAddress& peer);

 private:
  struct Flow {
    StunTransactionId transaction{};
    SocketAddress mapped;
  };
  const KeepAlive kind_;
  std::map<std::string, Flow> flows_;
};

}  // namespace sipcast
