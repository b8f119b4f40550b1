#pragma once
#include <string>
#include <string_view>

#include "base/socket_address.hpp"

namespace sipcast {

/// Why `protocol` ("UDP" or "TCP") could not be bound to `address`, and what to do about it, e.g.
/// "cannot bind UDP 127.0.0.1:8189: address in use (another program holds it: `ss -lunp 'sport =
/// :8189'` tells which)". `error` is an errno.
std::string bind_error_text(std::string_view protocol, const SocketAddress& address, int error);

}  // namespace sipcast
