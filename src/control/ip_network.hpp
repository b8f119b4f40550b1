#pragma once
#include <string_view>

#include "base/result.hpp"
#include "base/socket_address.hpp"

namespace sipcast {

/// An IPv4 or IPv6 network, "192.0.2.0/24", or one address. Empty when default-made: contains
/// nothing.
class IpNetwork {
 public:
  /// Errors: InvalidArgument.
  static Result<IpNetwork> parse(std::string_view text);
  bool empty() const { return address_.empty(); }
  bool contains(const SocketAddress& address) const;

 private:
  SocketAddress address_;
  size_t bits_ = 0;
};

}  // namespace sipcast
