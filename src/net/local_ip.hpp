#pragma once
#include "base/result.hpp"
#include "base/socket_address.hpp"

namespace sipcast {

/// The local IP that the routing table picks for traffic to `to` (connect on a UDP socket, nothing
/// is sent); its port is 0. Errors: Io.
Result<SocketAddress> local_ip_towards(const SocketAddress& to);

}  // namespace sipcast
