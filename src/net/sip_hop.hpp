#pragma once
#include <cstdint>

#include "base/socket_address.hpp"

namespace sipcast {

enum class SipTransport : uint8_t { Udp, Tcp, Tls };
/// 5060, and 5061 for TLS (RFC 3261 §19.1.2).
constexpr uint16_t default_sip_port(SipTransport transport) {
  return transport == SipTransport::Tls ? 5061 : 5060;
}

/// One place that a SIP message may be sent to.
struct SipHop {
  SipTransport transport = SipTransport::Udp;
  SocketAddress address;
  friend bool operator==(const SipHop&, const SipHop&) = default;
};

}  // namespace sipcast
