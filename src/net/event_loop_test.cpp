#include "net/event_loop.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "net/await_test.hpp"

namespace sipcast {
namespace {

using namespace std::chrono_literals;
using test::on;

TEST(EventLoop, RunsPostsInTheOrderOfPosting) {
  EventLoop loop("test");
  std::vector<int> seen;
  for (int i = 0; i < 5; ++i) loop.post([&, i] { seen.push_back(i); });  // before start, too
  loop.start();
  for (int i = 5; i < 1000; ++i) {
    loop.post([&, i] {
      seen.push_back(i);
      if (i == 999) loop.post([&] { seen.push_back(1000); });
    });
  }
  on(loop, [] {});
  on(loop, [] {});
  ASSERT_EQ(seen.size(), 1001u);
  for (int i = 0; i <= 1000; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], i);
}

TEST(EventLoop, KnowsItsThread) {
  EventLoop loop("test");
  loop.start();
  EXPECT_FALSE(loop.in_loop());
  EXPECT_TRUE(on(loop, [&] { return loop.in_loop(); }));
}

TEST(EventLoop, TasksMayOwnWhatOnlyMoves) {
  EventLoop loop("test");
  loop.start();
  std::promise<int> promise;
  auto future = promise.get_future();
  loop.post([p = std::move(promise), v = std::make_unique<int>(7)]() mutable { p.set_value(*v); });
  ASSERT_EQ(future.wait_for(test::kPatience), std::future_status::ready);
  EXPECT_EQ(future.get(), 7);
}

TEST(EventLoop, TimersFireInOrderNeverEarlyAndNotOnceTheyAreGone) {
  EventLoop loop("test");
  loop.start();
  std::vector<EventLoop::Timer> timers;
  test::Awaited<std::vector<int>> fired;
  Instant start;
  Instant end;
  on(loop, [&] {
    start = std::chrono::steady_clock::now();
    for (const int ms : {30, 10, 20, 5}) {
      timers.push_back(loop.after(std::chrono::milliseconds(ms), [&, ms] {
        if (ms == 5) timers[1].cancel();  // the one of 10 ms
        if (ms == 30) end = std::chrono::steady_clock::now();
        fired.change([&](auto& list) { list.push_back(ms); });
      }));
    }
  });
  ASSERT_TRUE(fired.wait([](const auto& list) { return list.size() == 3; }));
  EXPECT_EQ(fired.get(), (std::vector{5, 20, 30}));
  on(loop, [&] { timers.clear(); });
  EXPECT_GE(end - start, 30ms);
}

TEST(EventLoop, ATimerMaySetItselfAnewInItsOwnTask) {
  EventLoop loop("test");
  loop.start();
  EventLoop::Timer timer;
  test::Awaited<int> ticks;
  std::function<void()> tick = [&] {
    ticks.change([](int& n) { ++n; });
    timer = loop.after(1ms, [&] { tick(); });
  };
  on(loop, [&] { tick(); });
  EXPECT_TRUE(ticks.wait([](int n) { return n >= 5; }));
  on(loop, [&] { timer.cancel(); });
}

TEST(EventLoop, DropsWhatIsQueuedWhenItStopsAndWhatComesLater) {
  auto loop = std::make_unique<EventLoop>("test");
  loop->start();
  const auto token = std::make_shared<int>(0);
  std::promise<void> inside;
  std::promise<void> release;
  loop->post([&] {
    inside.set_value();
    release.get_future().wait();
  });
  inside.get_future().wait();
  loop->post([token] { *token = 1; });
  EventLoop::Timer outlives;
  std::thread stopper([&] { loop->stop(); });
  // The running task ends only now; whether stop() has begun or not, nothing may hang or crash.
  release.set_value();
  stopper.join();
  loop->post([token] { *token = 2; });
  outlives = loop->after(0ms, [] {});
  loop.reset();
  EXPECT_NE(*token, 2);
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace sipcast
