#include "net/media_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "net/await_test.hpp"

namespace sipcast {
namespace {

using namespace std::chrono_literals;
using test::on;

SocketAddress loopback(uint16_t port = 0) { return *SocketAddress::parse("127.0.0.1", port); }

class Collector : public DatagramReader {
 public:
  void on_datagram(BytesView datagram, const SocketAddress& from, Instant now) override {
    last_from = from;
    turns.push_back(now);
    received.change([&](auto& list) { list.emplace_back(datagram.begin(), datagram.end()); });
  }
  void on_port_unreachable(const SocketAddress& to, Instant) override {
    unreachable.change([&](auto& list) { list.push_back(to); });
  }
  SocketAddress last_from;
  std::vector<Instant> turns;
  test::Awaited<std::vector<Bytes>> received;
  test::Awaited<std::vector<SocketAddress>> unreachable;
};

class Ignore : public DatagramReader {
 public:
  void on_datagram(BytesView, const SocketAddress&, Instant) override {}
};

struct Loop {
  explicit Loop(bool gso = true)
      : loop({.name = "test", .gso = gso, .socket_buffer_bytes = 1 << 20}, Logger::none()) {
    loop.start();
  }
  std::unique_ptr<UdpSocket> bind(DatagramReader& reader, SocketAddress local = loopback()) {
    return on(loop, [&] {
      auto socket = loop.bind(local, reader);
      if (!socket) throw std::runtime_error(socket.error().cause);
      return std::move(*socket);
    });
  }
  MediaLoop loop;
};

Bytes pattern(size_t size, size_t seed) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + seed);
  return bytes;
}

/// Sends 150 datagrams of mixed sizes to each of three sockets, packet by packet over all three.
void expect_intact_and_in_order(bool gso) {
  Loop sender(gso);
  Loop receiver;
  Ignore ignore;
  Collector collectors[3];
  std::unique_ptr<UdpSocket> targets[3];
  for (int i = 0; i < 3; ++i) targets[i] = receiver.bind(collectors[i]);
  auto socket = sender.bind(ignore);
  const auto size_of = [](size_t i) { return i % 10 == 9 ? 400u : i % 25 == 0 ? 1300u : 1200u; };
  constexpr size_t kCount = 150;
  on(sender.loop, [&] {
    for (size_t i = 0; i < kCount; ++i) {
      for (const auto& target : targets) {
        ASSERT_TRUE(socket->send(pattern(size_of(i), i), target->local_address()));
      }
    }
  });
  for (Collector& collector : collectors) {
    ASSERT_TRUE(collector.received.wait([](const auto& list) { return list.size() == kCount; }))
        << collector.received.get().size();
    const auto received = collector.received.get();
    for (size_t i = 0; i < kCount; ++i) ASSERT_EQ(received[i], pattern(size_of(i), i)) << i;
  }
  const MediaLoopStats stats = on(sender.loop, [&] { return sender.loop.stats(); });
  EXPECT_EQ(stats.datagrams_sent_total, 3 * kCount);
  EXPECT_EQ(stats.datagrams_dropped_total, 0u);
  if (gso) {
    EXPECT_GT(stats.gso_batches_total + stats.gso_refused_total, 0u);
  } else {
    EXPECT_EQ(stats.gso_batches_total + stats.gso_refused_total, 0u);
  }
  const SocketAddress from = on(receiver.loop, [&] { return collectors[0].last_from; });
  EXPECT_EQ(from, socket->local_address());
  on(receiver.loop, [&] {
    for (auto& target : targets) target.reset();
  });
  on(sender.loop, [&] { socket.reset(); });
}

TEST(MediaLoop, DatagramsArriveIntactAndInOrderWithGso) { expect_intact_and_in_order(true); }
TEST(MediaLoop, DatagramsArriveIntactAndInOrderWithoutGso) { expect_intact_and_in_order(false); }

TEST(MediaLoop, SpeaksIpv6) {
  Loop loop;
  Collector collector;
  std::unique_ptr<UdpSocket> socket;
  try {
    socket = loop.bind(collector, *SocketAddress::parse("::1", 0));
  } catch (const std::runtime_error& error) {
    GTEST_SKIP() << error.what();
  }
  on(loop.loop, [&] { socket->send(pattern(100, 1), socket->local_address()); });
  EXPECT_TRUE(collector.received.wait([](const auto& list) { return list.size() == 1; }));
  on(loop.loop, [&] {
    EXPECT_EQ(collector.last_from, socket->local_address());
    EXPECT_TRUE(socket->send(pattern(100, 1), loopback(9)));  // the other family: dropped, counted
    EXPECT_EQ(loop.loop.stats().datagrams_dropped_total, 1u);
    socket.reset();
  });
}

TEST(MediaLoop, SpeaksBothFamiliesWhenBoundToAllOfIpv6) {
  Loop loop;
  Collector collector;
  std::unique_ptr<UdpSocket> socket;
  try {
    socket = loop.bind(collector, *SocketAddress::parse("::", 0));
  } catch (const std::runtime_error& error) {
    GTEST_SKIP() << error.what();
  }
  const uint16_t port = socket->local_address().port();
  for (const char* ip : {"127.0.0.1", "::1"}) {
    const auto there = *SocketAddress::parse(ip, port);
    on(loop.loop, [&] { EXPECT_TRUE(socket->send(pattern(100, 1), there)); });
    EXPECT_TRUE(collector.received.wait([](const auto& list) { return list.size() == 1; })) << ip;
    on(loop.loop, [&] { EXPECT_EQ(collector.last_from, there); });
    collector.received.change([](auto& list) { list.clear(); });
  }
  const auto nobody = loopback(9);
  on(loop.loop, [&] { EXPECT_TRUE(socket->send(pattern(100, 1), nobody)); });
  EXPECT_TRUE(
      collector.unreachable.wait([&](const auto& list) { return list == std::vector{nobody}; }));
  on(loop.loop, [&] { socket.reset(); });
}

TEST(MediaLoop, SendsEarlierWhenTheArenaIsFull) {
  Loop loop;
  Ignore ignore;
  auto socket = loop.bind(ignore);
  on(loop.loop, [&] {
    const Bytes big = pattern(60'000, 0);
    for (int i = 0; i < 80; ++i) EXPECT_TRUE(socket->send(big, socket->local_address()));
    EXPECT_GE(loop.loop.stats().datagrams_sent_total + loop.loop.stats().datagrams_dropped_total,
              69u);
    EXPECT_TRUE(socket->reserve(0).empty());
    EXPECT_TRUE(socket->reserve(65'508).empty());
    EXPECT_EQ(socket->reserve(65'507).size(), 65'507u);  // not committed: nothing is sent
    socket.reset();
  });
}

TEST(MediaLoop, ASocketThatGoesSendsWhatItHas) {
  Loop loop;
  Ignore ignore;
  Collector collector;
  auto target = loop.bind(collector);
  auto socket = loop.bind(ignore);
  on(loop.loop, [&] {
    socket->send(pattern(10, 3), target->local_address());
    socket.reset();
  });
  EXPECT_TRUE(collector.received.wait([](const auto& list) { return list.size() == 1; }));
  on(loop.loop, [&] { target.reset(); });
}

TEST(MediaLoop, AReaderMayDestroyAnySocketFromItsCallback) {
  struct Destroyer : DatagramReader {
    void on_datagram(BytesView, const SocketAddress&, Instant) override {
      calls.change([](int& n) { ++n; });
      for (auto& socket : sockets) socket.reset();
    }
    std::vector<std::unique_ptr<UdpSocket>> sockets;
    test::Awaited<int> calls;
  };
  Loop loop;
  Loop sender;
  Ignore ignore;
  Destroyer destroyer;
  for (int i = 0; i < 5; ++i) destroyer.sockets.push_back(loop.bind(destroyer));
  auto socket = sender.bind(ignore);
  std::vector<SocketAddress> addresses;
  for (const auto& s : destroyer.sockets) addresses.push_back(s->local_address());
  on(loop.loop, [&] {  // holds the receiving loop until all are there
    on(sender.loop, [&] {
      for (int i = 0; i < 10; ++i) {
        for (const SocketAddress& address : addresses) socket->send(pattern(50, 0), address);
      }
    });
    on(sender.loop, [] {});
  });
  EXPECT_TRUE(destroyer.calls.wait([](int n) { return n > 0; }));
  on(loop.loop, [] {});
  EXPECT_EQ(destroyer.calls.get(), 1);
  on(sender.loop, [&] { socket.reset(); });
}

TEST(MediaLoop, OneTurnHasOneInstant) {
  Loop loop;
  Loop sender;
  Ignore ignore;
  Collector collector;
  auto target = loop.bind(collector);
  auto socket = sender.bind(ignore);
  on(loop.loop, [&] {
    on(sender.loop, [&] {
      for (int i = 0; i < 100; ++i) socket->send(pattern(50, 0), target->local_address());
    });
    on(sender.loop, [] {});
  });
  ASSERT_TRUE(collector.received.wait([](const auto& list) { return list.size() == 100; }));
  on(loop.loop, [&] {
    EXPECT_EQ(collector.turns.front(), collector.turns.back());
    target.reset();
  });
  on(sender.loop, [&] { socket.reset(); });
}

TEST(MediaLoop, TellsThatNobodyListensAtAPort) {
  for (const SocketAddress& local : {loopback(), *SocketAddress::parse("::1", 0)}) {
    SCOPED_TRACE(local.to_string());
    Loop loop;
    Collector collector;
    auto gone = loop.bind(collector, local);
    const SocketAddress closed = gone->local_address();
    auto socket = loop.bind(collector, local);
    on(loop.loop, [&] {
      gone.reset();
      socket->send(pattern(100, 0), closed);
    });
    EXPECT_TRUE(collector.unreachable.wait(
        [&](const auto& list) { return !list.empty() && list.front() == closed; }));
    on(loop.loop, [&] { socket.reset(); });
  }
}

TEST(MediaLoop, AClosedPortEndsNothing) {
  Loop loop;
  Collector collector;
  auto gone = loop.bind(collector);
  const SocketAddress closed = gone->local_address();
  auto socket = loop.bind(collector);
  on(loop.loop, [&] {
    gone.reset();
    for (int i = 0; i < 50; ++i) socket->send(pattern(100, 0), closed);
  });
  on(loop.loop, [&] { socket->send(pattern(7, 0), socket->local_address()); });
  EXPECT_TRUE(collector.received.wait([](const auto& list) { return list.size() == 1; }));
  on(loop.loop, [&] { socket.reset(); });
}

TEST(MediaLoop, SaysWhoHoldsAPort) {
  Loop loop;
  Ignore ignore;
  auto socket = loop.bind(ignore);
  on(loop.loop, [&] {
    const SocketAddress local = socket->local_address();
    const auto second = loop.loop.bind(local, ignore);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::Io);
    const std::string port = std::to_string(local.port());
    EXPECT_EQ(second.error().cause, "cannot bind UDP 127.0.0.1:" + port +
                                        ": address in use (another program holds it: `ss -lunp "
                                        "'sport = :" +
                                        port + "'` tells which)");
    socket.reset();
  });
}

TEST(MediaLoop, TimersFireInOrderAndNeverEarly) {
  Loop loop;
  std::vector<MediaLoop::Timer> timers;
  test::Awaited<std::vector<int>> fired;
  bool early = false;
  on(loop.loop, [&] {
    const Instant start = loop.loop.now();
    for (const int ms : {12, 3, 7, 5, 7}) {
      const Instant at = start + std::chrono::milliseconds(ms);
      timers.push_back(loop.loop.at(at, [&, ms, at] {
        early = early || std::chrono::steady_clock::now() < at || loop.loop.now() < at;
        if (ms == 3) timers[3].cancel();
        fired.change([&](auto& list) { list.push_back(ms); });
      }));
    }
  });
  ASSERT_TRUE(fired.wait([](const auto& list) { return list.size() == 4; }));
  EXPECT_EQ(fired.get(), (std::vector{3, 7, 7, 12}));
  on(loop.loop, [&] {
    EXPECT_FALSE(early);
    timers.clear();
  });
}

TEST(MediaLoop, RunsPostsInOrderFromManyThreadsAndFromItself) {
  Loop loop;
  std::map<int, std::vector<int>> seen;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        loop.loop.post([&, t, i] {
          seen[t].push_back(i);
          loop.loop.post([&, t, i] { seen[t + 10].push_back(i); });
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  on(loop.loop, [] {});
  on(loop.loop, [] {});
  ASSERT_EQ(seen.size(), 6u);
  for (const auto& [thread, list] : seen) {
    EXPECT_EQ(list.size(), 500u);
    EXPECT_TRUE(std::ranges::is_sorted(list));
  }
}

TEST(MediaLoop, StopRunsWhatIsPostedAlready) {
  Loop loop;
  int ran = 0;
  for (int i = 0; i < 100; ++i) loop.loop.post([&] { ++ran; });
  loop.loop.stop();
  EXPECT_EQ(ran, 100);
  MediaLoop never_started({}, Logger::none());
  never_started.post([&] { ++ran; });
  never_started.stop();
  EXPECT_EQ(ran, 101);
}

TEST(MediaLoop, BindsAndSendsBeforeItStarts) {
  Collector collector;
  MediaLoop loop({.name = "test"}, Logger::none());
  auto socket = loop.bind(loopback(), collector);
  ASSERT_TRUE(socket);
  (*socket)->send(pattern(20, 0), (*socket)->local_address());
  loop.start();
  EXPECT_TRUE(collector.received.wait([](const auto& list) { return list.size() == 1; }));
  loop.stop();
  socket->reset();
}

}  // namespace
}  // namespace sipcast
