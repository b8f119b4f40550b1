#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sipcast {

/// An IPv4 or IPv6 address with a port, of UDP unless as_tcp() says otherwise (a transport address,
/// RFC 8445 §4). A plain value; empty when default-made.
class SocketAddress {
 public:
  SocketAddress() = default;
  /// `ip` is a literal, "192.0.2.1" or "2001:db8::1". Errors: InvalidArgument.
  static Result<SocketAddress> parse(std::string_view ip, uint16_t port);
  /// `ip` is 4 or 16 bytes in network order.
  static SocketAddress from_ip_bytes(BytesView ip, uint16_t port);
  static SocketAddress from_sockaddr(const sockaddr* address, socklen_t length);

  bool empty() const { return size_ == 0; }
  bool is_v6() const { return size_ == 16; }
  uint16_t port() const { return port_; }
  SocketAddress with_port(uint16_t port) const;
  SocketAddress as_tcp() const;
  bool is_tcp() const { return tcp_; }
  BytesView ip_bytes() const { return {ip_, size_}; }
  std::string ip() const;         ///< "192.0.2.1", "2001:db8::1"
  std::string to_string() const;  ///< "192.0.2.1:5060", "[2001:db8::1]:5060"; "192.0.2.1:5060/tcp"
  bool same_ip(const SocketAddress& other) const;
  bool is_any() const;
  bool is_loopback() const;
  /// RFC 1918, RFC 6598, link local, loopback, unique local.
  bool is_private() const;
  /// Fills `storage`; returns the length.
  socklen_t to_sockaddr(sockaddr_storage& storage) const;

  friend bool operator==(const SocketAddress& a, const SocketAddress& b) {
    return a.port_ == b.port_ && a.tcp_ == b.tcp_ && a.same_ip(b);
  }

 private:
  uint8_t ip_[16] = {};
  uint16_t port_ = 0;
  uint8_t size_ = 0;  // of the IP in bytes: 0, 4 or 16
  bool tcp_ = false;
};

}  // namespace sipcast

template <>
struct std::hash<sipcast::SocketAddress> {
  size_t operator()(const sipcast::SocketAddress& address) const {
    return std::hash<std::string_view>{}(sipcast::as_text(address.ip_bytes())) * 31 +
           address.port() * 2u + (address.is_tcp() ? 1 : 0);
  }
};
