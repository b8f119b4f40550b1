#include "net/bind_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace sipcast {

std::string bind_error_text(std::string_view protocol, const SocketAddress& address, int error) {
  const std::string what = fmt::format("cannot bind {} {}: ", protocol, address.to_string());
  switch (error) {
    case EADDRINUSE:
      return what + fmt::format(
                        "address in use (another program holds it: `ss -l{}np 'sport = :{}'` "
                        "tells which)",
                        protocol == "UDP" ? 'u' : 't', address.port());
    case EADDRNOTAVAIL:
      return what + "no interface of this machine has this address (`ip address` lists them)";
    case EACCES:
      return what + "permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)";
    case EMFILE:
    case ENFILE:
      return what + "too many open files (raise LimitNOFILE of the service, or `ulimit -n`)";
    case EAFNOSUPPORT:
      return what + (address.is_v6() ? "this machine has no IPv6" : "this machine has no IPv4");
    default:
      return what + std::generic_category().message(error);
  }
}

}  // namespace sipcast
