#pragma once
// Asio inside: for .cpp files of net and http alone.
#include <algorithm>

#include "base/socket_address.hpp"

namespace sipcast {

/// `Endpoint` is boost::asio::ip::tcp::endpoint or udp::endpoint.
template <class Endpoint>
Endpoint to_endpoint(const SocketAddress& address) {
  sockaddr_storage storage{};
  const socklen_t size = address.to_sockaddr(storage);
  Endpoint endpoint;
  std::copy_n(reinterpret_cast<const char*>(&storage), size,
              reinterpret_cast<char*>(endpoint.data()));
  endpoint.resize(size);
  return endpoint;
}

template <class Endpoint>
SocketAddress from_endpoint(const Endpoint& endpoint) {
  return SocketAddress::from_sockaddr(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
}

}  // namespace sipcast
