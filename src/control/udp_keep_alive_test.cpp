#include "control/udp_keep_alive.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

const SocketAddress kPeer = SocketAddress::parse("192.0.2.2", 5060).value();
const SocketAddress kSeen = SocketAddress::parse("192.0.2.1", 1000).value();

Bytes answer_to(const Bytes& request, const SocketAddress& mapped) {
  return make_binding_success(parse_stun(request)->transaction, mapped, "");
}

TEST(UdpKeepAlive, TellsWhenThePeerSeesUsElsewhere) {
  UdpKeepAlive keep(KeepAlive::Stun);
  using enum UdpKeepAlive::Taken;
  EXPECT_EQ(keep.take(answer_to(keep.next(kPeer), kSeen), kPeer), Same);
  const Bytes request = keep.next(kPeer);
  EXPECT_EQ(keep.take(answer_to(request, kSeen), kPeer.with_port(1)), No);  // from a stranger
  EXPECT_EQ(keep.take(answer_to(request, kSeen.with_port(1001)), kPeer), Moved);
  EXPECT_EQ(keep.take(answer_to(keep.next(kPeer), kSeen.with_port(1001)), kPeer), Same);
  EXPECT_EQ(keep.take(answer_to(request, kSeen), kPeer), No);  // an old transaction
  EXPECT_EQ(keep.take(as_bytes("SIP/2.0 200 OK"), kPeer), No);
  EXPECT_EQ(keep.take({}, kPeer), No);
}

TEST(UdpKeepAlive, IsTwoLineEndsWithoutStun) {
  UdpKeepAlive keep(KeepAlive::Crlf);
  EXPECT_EQ(as_text(keep.next(kPeer)), "\r\n\r\n");
  EXPECT_TRUE(keep.on());
  EXPECT_FALSE(UdpKeepAlive(KeepAlive::Off).on());
}

}  // namespace
}  // namespace sipcast
