#include "control/ip_network.hpp"

#include "base/text.hpp"

namespace sipcast {

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto [ip, bits] = cut(text, '/');
  const auto address = SocketAddress::parse(ip, 0);
  if (!address) return fail(Errc::InvalidArgument, "no IP address");
  const size_t all = address->ip_bytes().size() * 8;
  const bool has_bits = text.contains('/');
  const auto prefix = has_bits ? parse_decimal(bits, all) : std::optional<uint64_t>(all);
  if (!prefix) return fail(Errc::InvalidArgument, "no length of a network");
  IpNetwork network;
  network.address_ = *address;
  network.bits_ = *prefix;
  return network;
}

bool IpNetwork::contains(const SocketAddress& address) const {
  const BytesView a = address_.ip_bytes(), b = address.ip_bytes();
  if (a.empty() || a.size() != b.size()) return false;
  for (size_t i = 0; i < bits_; ++i) {
    const unsigned mask = 0x80u >> (i % 8);
    if ((a[i / 8] & mask) != (b[i / 8] & mask)) return false;
  }
  return true;
}

}  // namespace sipcast
