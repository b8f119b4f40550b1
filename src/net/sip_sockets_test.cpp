#include "net/sip_sockets.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "net/await_test.hpp"
#include "net/unique_fd.hpp"

namespace sipcast {
namespace {

using namespace std::chrono_literals;
using test::on;

const std::string kOptions = "OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\nContent-Length: 5\r\n\r\nhello";

struct Seen {
  std::vector<std::string> messages;
  std::vector<SocketAddress> from;
  std::vector<std::string> failures;
  bool tcp = false;
};

class Peer : public SipSockets::Observer {
 public:
  explicit Peer(EventLoop& loop, SipTcpLimits limits = {}, const char* ip = "127.0.0.1")
      : loop_(loop) {
    sockets = on(loop, [&] {
      auto opened =
          SipSockets::open(loop, *SocketAddress::parse(ip, 0), *this, Logger::none(), limits);
      if (!opened) throw std::runtime_error(opened.error().cause);
      return std::move(*opened);
    });
  }
  ~Peer() override {
    on(loop_, [&] { sockets.reset(); });
  }
  void on_message(BytesView message, bool tcp, const SocketAddress& from) override {
    seen.change([&](Seen& all) {
      all.messages.emplace_back(as_text(message));
      all.from.push_back(from);
      all.tcp = tcp;
    });
  }
  void on_tcp_failed(const SocketAddress&, const std::string& cause) override {
    seen.change([&](Seen& all) { all.failures.push_back(cause); });
  }
  void send(bool tcp, const std::string& text, const SocketAddress& to) {
    on(loop_, [&] {
      tcp ? sockets->send_tcp(as_bytes(text), to) : sockets->send_udp(as_bytes(text), to);
    });
  }
  bool wait_messages(size_t count) {
    return seen.wait([&](const Seen& all) { return all.messages.size() >= count; });
  }
  bool wait_failures(size_t count) {
    return seen.wait([&](const Seen& all) { return all.failures.size() >= count; });
  }
  SocketAddress address() const { return sockets->local_address(); }
  std::unique_ptr<SipSockets> sockets;
  test::Awaited<Seen> seen;

 private:
  EventLoop& loop_;
};

class SipSocketsTest : public testing::Test {
 protected:
  SipSocketsTest() { loop.start(); }
  EventLoop loop{"test"};
};

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
  EXPECT_FALSE(seen.tcp);
}

TEST_F(SipSocketsTest, AnswerOnTheTcpConnectionOfTheRequest) {
  Peer a(loop);
  Peer b(loop);
  a.send(true, kOptions + kOptions, b.address());
  ASSERT_TRUE(b.wait_messages(2));
  const SocketAddress from = b.seen.get().from.front();
  EXPECT_EQ(b.seen.get().from.back(), from);
  EXPECT_TRUE(b.seen.get().tcp);
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
    void on_message(BytesView, bool, const SocketAddress&) override {
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

class ResolverTest : public SipSocketsTest {
 protected:
  ResolverTest() {
    resolver = on(loop, [&] { return std::make_unique<Resolver>(loop); });
  }
  ~ResolverTest() override {
    on(loop, [&] { resolver.reset(); });
  }
  Result<SocketAddress> resolve(const std::string& host) {
    std::promise<Result<SocketAddress>> promise;
    auto future = promise.get_future();
    on(loop, [&] {
      const auto inside = std::make_shared<bool>(true);
      resolver->resolve(host, 5060, [&promise, inside](Result<SocketAddress> result) {
        EXPECT_FALSE(*inside);  // never from within resolve()
        promise.set_value(std::move(result));
      });
      *inside = false;
    });
    if (future.wait_for(60s) != std::future_status::ready) std::abort();
    return future.get();
  }
  std::unique_ptr<Resolver> resolver;
};

TEST_F(ResolverTest, AnswersLiteralsAndLocalhost) {
  EXPECT_EQ(resolve("192.0.2.7")->to_string(), "192.0.2.7:5060");
  EXPECT_EQ(resolve("[2001:db8::1]")->to_string(), "[2001:db8::1]:5060");
  const auto localhost = resolve("localhost");
  ASSERT_TRUE(localhost);
  EXPECT_TRUE(localhost->is_loopback());
  EXPECT_FALSE(localhost->is_v6());
}

TEST_F(ResolverTest, NamesTheHostThatIsNotFound) {
  const auto nowhere = resolve("nowhere.invalid");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, Errc::NotFound);
  EXPECT_TRUE(nowhere.error().cause.starts_with("no address of nowhere.invalid: "));
  EXPECT_EQ(resolve("").error().code, Errc::NotFound);
  EXPECT_EQ(resolve(std::string(300, 'a')).error().code, Errc::NotFound);
}

TEST_F(ResolverTest, RefusesTooManyAndForgetsThemWhenItGoes) {
  test::Awaited<int> exhausted;
  on(loop, [&] {
    for (int i = 0; i < 65; ++i) {
      resolver->resolve("nowhere.invalid", 1, [&](const Result<SocketAddress>& result) {
        if (!result && result.error().code == Errc::Exhausted) {
          exhausted.change([](int& n) { ++n; });
        }
      });
    }
  });
  EXPECT_TRUE(exhausted.wait([](int n) { return n == 1; }));
}

TEST(LocalIp, TowardsLoopbackIsLoopback) {
  const auto local = local_ip_towards(*SocketAddress::parse("127.0.0.1", 5060));
  ASSERT_TRUE(local);
  EXPECT_EQ(local->to_string(), "127.0.0.1:0");
  EXPECT_EQ(local_ip_towards({}).error().code, Errc::Io);
}

}  // namespace
}  // namespace sipcast
