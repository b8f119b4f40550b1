#include "control/trace/trace_pcap.hpp"

#include "base/bytes.hpp"

namespace sipcast {
namespace {

constexpr uint8_t kUdp = 17, kHops = 64;

void put_le32(Bytes& out, uint64_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(value >> shift));
}
/// RFC 1071, as a number; not yet inverted.
uint32_t sum(BytesView bytes, uint32_t start = 0) {
  for (size_t i = 0; i < bytes.size(); ++i) start += i % 2 ? bytes[i] : uint32_t{bytes[i]} << 8;
  while (start > 0xffff) start = (start & 0xffff) + (start >> 16);
  return start;
}
uint16_t inverted(uint32_t sum) { return static_cast<uint16_t>(~sum); }

Bytes udp_datagram(const SocketAddress& from, const SocketAddress& to, BytesView payload) {
  const auto length = static_cast<uint16_t>(payload.size() + 8);
  Bytes pseudo, datagram;  // RFC 768, RFC 8200 §8.1
  ByteWriter header(pseudo);
  header.bytes(from.ip_bytes());
  header.bytes(to.ip_bytes());
  header.u16(kUdp);
  header.u16(length);
  ByteWriter out(datagram);
  out.u16(from.port());
  out.u16(to.port());
  out.u16(length);
  out.u16(0);
  out.bytes(payload);
  const uint16_t checksum = inverted(sum(datagram, sum(pseudo)));
  out.patch_u16(6, checksum ? checksum : 0xffff);
  return datagram;
}

Bytes ip_packet(const SocketAddress& from, const SocketAddress& to, BytesView payload) {
  const Bytes datagram = udp_datagram(from, to, payload);
  const auto length = static_cast<uint16_t>(datagram.size());
  Bytes packet;
  ByteWriter out(packet);
  if (from.is_v6()) {
    out.u32(0x60000000);
    out.u16(length);
    out.bytes(Bytes{kUdp, kHops});
  } else {
    out.u16(0x4500);
    out.u16(static_cast<uint16_t>(length + 20));
    out.bytes(Bytes{0, 0, 0x40, 0, kHops, kUdp, 0, 0});
  }
  out.bytes(from.ip_bytes());
  out.bytes(to.ip_bytes());
  if (!from.is_v6()) out.patch_u16(10, inverted(sum(packet)));
  out.bytes(datagram);
  return packet;
}

/// `address` in the family of `other`, where it is not known as such.
SocketAddress in_family_of(const SocketAddress& other, const SocketAddress& address) {
  if (!address.empty() && address.is_v6() == other.is_v6()) return address;
  return SocketAddress::from_ip_bytes(Bytes(other.is_v6() ? 16 : 4, 0), address.port());
}

}  // namespace

std::string to_pcap(const CallTrace& trace) {
  Bytes file = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
  put_le32(file, 0);
  put_le32(file, 0);
  put_le32(file, 65535);
  put_le32(file, 101);  // LINKTYPE_RAW
  for (const TracedMessage& message : trace.messages()) {
    if (message.remote.empty()) continue;
    const SocketAddress local = in_family_of(message.remote, message.local);
    const Bytes packet = ip_packet(message.sent ? local : message.remote,
                                   message.sent ? message.remote : local, as_bytes(message.text));
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(
                        trace.wall(message.at).time_since_epoch())
                        .count();
    put_le32(file, static_cast<uint64_t>(us / 1'000'000));
    put_le32(file, static_cast<uint64_t>(us % 1'000'000));
    put_le32(file, packet.size());
    put_le32(file, packet.size());
    ByteWriter(file).bytes(packet);
  }
  return std::string(as_text(file));
}

}  // namespace sipcast
