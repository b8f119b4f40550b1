#include "base/socket_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "base/check.hpp"

namespace sipcast {

Result<SocketAddress> SocketAddress::parse(std::string_view ip, uint16_t port) {
  const std::string text(ip);
  uint8_t bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return from_ip_bytes({bytes, 4}, port);
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) return from_ip_bytes({bytes, 16}, port);
  return fail(Errc::InvalidArgument, "not an IP address: " + text.substr(0, 64));
}

SocketAddress SocketAddress::from_ip_bytes(BytesView ip, uint16_t port) {
  CHECK(ip.size() == 4 || ip.size() == 16);
  SocketAddress address;
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (ip.size() == 16 && std::ranges::equal(ip.first(12), kMapped)) ip = ip.subspan(12);
  std::ranges::copy(ip, address.ip_);
  address.size_ = static_cast<uint8_t>(ip.size());
  address.port_ = port;
  return address;
}

SocketAddress SocketAddress::from_sockaddr(const sockaddr* address, socklen_t length) {
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    uint8_t ip[4];
    std::memcpy(ip, &v4.sin_addr, 4);
    return from_ip_bytes(ip, ntohs(v4.sin_port));
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    uint8_t ip[16];
    std::memcpy(ip, &v6.sin6_addr, 16);
    return from_ip_bytes(ip, ntohs(v6.sin6_port));
  }
  return {};
}

SocketAddress SocketAddress::with_port(uint16_t port) const {
  SocketAddress copy = *this;
  copy.port_ = port;
  return copy;
}

SocketAddress SocketAddress::as_tcp() const {
  SocketAddress copy = *this;
  copy.tcp_ = true;
  return copy;
}

std::string SocketAddress::ip() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (size_ != 0) inet_ntop(is_v6() ? AF_INET6 : AF_INET, ip_, text, sizeof text);
  return text;
}

std::string SocketAddress::to_string() const {
  return (is_v6() ? "[" + ip() + "]" : ip()) + ":" + std::to_string(port_) + (tcp_ ? "/tcp" : "");
}

bool SocketAddress::same_ip(const SocketAddress& other) const {
  return std::ranges::equal(ip_bytes(), other.ip_bytes());
}

bool SocketAddress::is_any() const {
  return std::ranges::all_of(ip_bytes(), [](uint8_t byte) { return byte == 0; });
}

bool SocketAddress::is_loopback() const {
  if (!is_v6()) return size_ == 4 && ip_[0] == 127;
  return std::ranges::all_of(ip_bytes().first(15), [](uint8_t byte) { return byte == 0; }) &&
         ip_[15] == 1;
}

bool SocketAddress::is_private() const {
  if (is_loopback()) return true;
  if (is_v6()) return (ip_[0] & 0xfe) == 0xfc || (ip_[0] == 0xfe && (ip_[1] & 0xc0) == 0x80);
  return ip_[0] == 10 || (ip_[0] == 172 && (ip_[1] & 0xf0) == 16) ||
         (ip_[0] == 192 && ip_[1] == 168) || (ip_[0] == 169 && ip_[1] == 254) ||
         (ip_[0] == 100 && (ip_[1] & 0xc0) == 64);
}

socklen_t SocketAddress::to_sockaddr(sockaddr_storage& storage) const {
  storage = {};
  if (is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port_);
    std::memcpy(&v6.sin6_addr, ip_, 16);
    std::memcpy(&storage, &v6, sizeof v6);
    return sizeof v6;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port_);
  std::memcpy(&v4.sin_addr, ip_, 4);
  std::memcpy(&storage, &v4, sizeof v4);
  return sizeof v4;
}

}  // namespace sipcast
