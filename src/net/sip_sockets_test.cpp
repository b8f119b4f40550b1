#include "net/sip_sockets.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "net/local_ip.hpp"
#include "net/sip_peer_for_tests.hpp"
#include "net/unique_fd.hpp"

namespace sipcast {
namespace {

using namespace std::chrono_literals;
using test::kOptions;
using test::on;
using test::Peer;
using test::Seen;
using test::SipSocketsTest;

TEST_F(SipSocketsTest, CarryDatagramsOfUpTo64KiBAndDropKeepAlives) {
  Peer a(loop);
  Peer b(loop);
  const std::string large(65'000, 'x');
  a.send(false, "\r\n\r\n", b.address());
  a.send(false, kOptions, b.address());
  a.send(false, large, b.address());
  ASSERT_TRUE(b.wait_messages(2));
  const Seen seen = b.seen.get();
  EXPECT_EQ(seen.messages, (std::vector{kOptions, large}));
  EXPECT_EQ(seen.from.front(), a.address());
  EXPECT_EQ(seen.transport, SipTransport::Udp);
}

TEST_F(SipSocketsTest, AnswerOnTheTcpConnectionOfTheRequest) {
  Peer a(loop);
  Peer b(loop);
  a.send(true, kOptions + kOptions, b.address());
  ASSERT_TRUE(b.wait_messages(2));
  const SocketAddress from = b.seen.get().from.front();
  EXPECT_EQ(b.seen.get().from.back(), from);
  EXPECT_EQ(b.seen.get().transport, SipTransport::Tcp);
  b.send(true, kOptions, from);
  ASSERT_TRUE(a.wait_messages(1));
  EXPECT_EQ(a.seen.get().from.front(), b.address());
  a.send(true, kOptions, b.address());  // the same connection again
  ASSERT_TRUE(b.wait_messages(3));
  EXPECT_EQ(b.seen.get().from.back(), from);
}

TEST_F(SipSocketsTest, SpeakIpv6) {
  std::optional<Peer> a;
  std::optional<Peer> b;
  try {
    a.emplace(loop, SipTcpLimits{}, "::1");
    b.emplace(loop, SipTcpLimits{}, "::1");
  } catch (const std::runtime_error& error) {
    GTEST_SKIP() << error.what();
  }
  a->send(true, kOptions, b->address());
  a->send(false, kOptions, b->address());
  EXPECT_TRUE(b->wait_messages(2));
}

TEST_F(SipSocketsTest, AnswerAPingWithOneLineEnd) {
  Peer b(loop);
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_storage storage{};
  const socklen_t size = b.address().to_sockaddr(storage);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&storage), size), 0);
  ASSERT_EQ(::send(client.get(), "\r\n\r\n", 4, MSG_NOSIGNAL), 4);
  char pong[8] = "";
  EXPECT_EQ(::recv(client.get(), pong, 2, MSG_WAITALL), 2);
  EXPECT_STREQ(pong, "\r\n");
}

TEST_F(SipSocketsTest, PingWhomTheyCallAndMissAnAnswerOnlyOfWhoHasAnsweredBefore) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage storage{};
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  socklen_t size = SocketAddress::parse("127.0.0.1", 0)->to_sockaddr(storage);
  ASSERT_EQ(::bind(listener.get(), address, size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), address, &size), 0);
  Peer a(loop, {.ping = 20ms, .pong = 20ms});
  a.send(true, kOptions, SocketAddress::from_sockaddr(address, size));
  const UniqueFd peer(::accept(listener.get(), nullptr, nullptr));
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto read = [&](size_t count) {
    std::string text(count, ' ');
    const auto got = ::recv(peer.get(), text.data(), count, MSG_WAITALL);
    return text.substr(0, got > 0 ? static_cast<size_t>(got) : 0);
  };
  EXPECT_EQ(read(kOptions.size()), kOptions);
  EXPECT_EQ(read(8), "\r\n\r\n\r\n\r\n");  // no answer: it may be an older peer
  EXPECT_TRUE(a.seen.get().failures.empty());
  ASSERT_EQ(::send(peer.get(), "\r\n", 2, MSG_NOSIGNAL), 2);
  ASSERT_TRUE(a.wait_failures(1));
  EXPECT_EQ(a.seen.get().failures[0], "no answer to a keep-alive ping");
}

TEST_F(SipSocketsTest, FrameWhatComesByteByByte) {
  // `a` sends single bytes as if they were messages: its side of TCP does not care.
  Peer a(loop);
  Peer b(loop);
  for (const char byte : "\r\n\r\n" + kOptions) a.send(true, std::string(1, byte), b.address());
  ASSERT_TRUE(b.wait_messages(1));
  EXPECT_EQ(b.seen.get().messages.front(), kOptions);
}

TEST_F(SipSocketsTest, ReportConnectionsThatCannotBeMadeOrBreak) {
  Peer a(loop);
  SocketAddress closed;
  {
    Peer b(loop);
    closed = b.address();
    a.send(true, kOptions, closed);
    ASSERT_TRUE(b.wait_messages(1));
  }
  ASSERT_TRUE(a.wait_failures(1));
  a.send(true, kOptions, closed);
  ASSERT_TRUE(a.wait_failures(2));
  EXPECT_EQ(a.seen.get().failures[1], "cannot connect: Connection refused");
}

TEST_F(SipSocketsTest, CloseTheConnectionOfAPeerThatSpeaksNoSip) {
  Peer a(loop);
  Peer b(loop);
  a.send(true, "A\r\nContent-Length: x\r\n\r\n", b.address());
  ASSERT_TRUE(b.wait_failures(1));
  EXPECT_EQ(b.seen.get().failures[0], "the peer sent what is no SIP: Content-Length is no number");
  EXPECT_TRUE(a.wait_failures(1));
}

TEST_F(SipSocketsTest, CloseIdleAndMuteConnectionsAndThoseBeyondTheBound) {
  Peer a(loop);
  Peer idle(loop, {.idle = 20ms});
  a.send(true, kOptions, idle.address());
  EXPECT_TRUE(idle.wait_messages(1));
  EXPECT_TRUE(a.wait_failures(1));
  Peer mute(loop, {.first_message = 20ms});
  a.send(true, "OPTIONS", mute.address());
  EXPECT_TRUE(a.wait_failures(2));
  Peer full(loop, {.connections = 0});
  a.send(true, kOptions, full.address());
  EXPECT_TRUE(a.wait_failures(3));
  full.send(true, kOptions, a.address());
  ASSERT_TRUE(full.wait_failures(1));
  EXPECT_EQ(full.seen.get().failures[0], "too many TCP connections are open");
}

TEST_F(SipSocketsTest, NameThePortThatIsTaken) {
  Peer a(loop);
  on(loop, [&] {
    const auto second = SipSockets::open(loop, a.address(), a, Logger::none());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::Io);
    EXPECT_TRUE(second.error().cause.starts_with("cannot bind UDP " + a.address().to_string()));
  });
}

TEST_F(SipSocketsTest, MayBeDestroyedFromTheirOwnCallback) {
  struct Destroyer : SipSockets::Observer {
    void on_message(BytesView, SipTransport, const SocketAddress&) override {
      sockets.reset();
      calls.change([](int& n) { ++n; });
    }
    void on_tcp_failed(const SocketAddress&, const std::string&) override {}
    std::unique_ptr<SipSockets> sockets;
    test::Awaited<int> calls;
  };
  for (const bool tcp : {false, true}) {
    Peer a(loop);
    Destroyer b;
    const SocketAddress address = on(loop, [&] {
      b.sockets = std::move(
          *SipSockets::open(loop, *SocketAddress::parse("127.0.0.1", 0), b, Logger::none()));
      return b.sockets->local_address();
    });
    a.send(tcp, kOptions + (tcp ? kOptions : ""), address);
    EXPECT_TRUE(b.calls.wait([](int n) { return n > 0; }));
    on(loop, [] {});
    EXPECT_EQ(b.calls.get(), 1);
  }
}

TEST(LocalIp, TowardsLoopbackIsLoopback) {
  const auto local = local_ip_towards(*SocketAddress::parse("127.0.0.1", 5060));
  ASSERT_TRUE(local);
  EXPECT_EQ(local->to_string(), "127.0.0.1:0");
  EXPECT_EQ(local_ip_towards({}).error().code, Errc::Io);
}

}  // namespace
}  // namespace sipcast
