#pragma once
#include "base/result.hpp"
#include "base/socket_address.hpp"

namespace sipcast {

enum class PrivateTargets : uint8_t { Refused, Allowed };
/// Whether a URL of a client may lead to this address, once its name is looked up. Errors:
/// Forbidden, with a cause without the field's name; it names the option that allows it.
Result<void> check_target(const SocketAddress& address, PrivateTargets rule);

}  // namespace sipcast
