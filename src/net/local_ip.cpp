#include "net/local_ip.hpp"

#include <cerrno>
#include <system_error>

#include "net/unique_fd.hpp"

namespace sipcast {

Result<SocketAddress> local_ip_towards(const SocketAddress& to) {
  const auto failed = [&] {
    return fail(Errc::Io, "no route to " + to.ip() + ": " + std::generic_category().message(errno));
  };
  if (to.empty()) return fail(Errc::Io, "no address given");
  const UniqueFd fd(::socket(to.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage storage{};
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  socklen_t size = to.with_port(to.port() == 0 ? 9 : to.port()).to_sockaddr(storage);
  if (!fd || ::connect(fd.get(), address, size) != 0) return failed();
  size = sizeof storage;
  if (::getsockname(fd.get(), address, &size) != 0) return failed();
  return SocketAddress::from_sockaddr(address, size).with_port(0);
}

}  // namespace sipcast
