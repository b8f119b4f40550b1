#pragma once
#include "base/socket_address.hpp"

namespace sipcast {

/// Bound to "::", a socket is for both families (RFC 3493 §3.7), and Linux takes plain IPv4
/// addresses to send to.
inline bool takes_both_families(const SocketAddress& bound) {
  return bound.is_v6() && bound.is_any();
}

}  // namespace sipcast
