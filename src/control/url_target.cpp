#include "control/url_target.hpp"

#include <algorithm>

namespace sipcast {

Result<void> check_target(const SocketAddress& address, PrivateTargets rule) {
  if (rule == PrivateTargets::Allowed) return {};
  const BytesView ip = address.ip_bytes();
  const bool multicast_or_reserved = address.is_v6() ? ip[0] == 0xff : ip[0] >= 224 || ip[0] == 0;
  // IPv4 within IPv6: mapped, translated (RFC 6052) and 6to4 addresses reach what they hold.
  if (address.is_v6()) {
    const bool mapped = std::ranges::all_of(ip.first(10), [](uint8_t b) { return b == 0; });
    const bool nat64 = ip[0] == 0 && ip[1] == 0x64 && ip[2] == 0xff && ip[3] == 0x9b;
    const bool six_to_four = ip[0] == 0x20 && ip[1] == 0x02;
    if (mapped || nat64) {
      return check_target(SocketAddress::from_ip_bytes(ip.subspan(12, 4), 0), rule);
    }
    if (six_to_four) return check_target(SocketAddress::from_ip_bytes(ip.subspan(2, 4), 0), rule);
  }
  if (address.is_private() || address.is_loopback() || address.is_any() || multicast_or_reserved) {
    return fail(Errc::Forbidden,
                "leads into a private network or to this machine, which needs the option "
                "url.allow_private = true");
  }
  return {};
}

}  // namespace sipcast
