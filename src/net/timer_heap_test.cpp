#include "net/timer_heap.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace sipcast {
namespace {

using namespace std::chrono_literals;

const Instant kStart{1000s};

std::vector<uint64_t> due_at(TimerHeap& heap, Instant now) {
  std::vector<uint64_t> ids;
  heap.due(now, ids);
  return ids;
}

TEST(TimerHeap, GivesTimersInOrderOfTimeAndThenOfAdding) {
  TimerHeap heap;
  const uint64_t late = heap.add(kStart + 3ms, [] {});
  const uint64_t first = heap.add(kStart + 1ms, [] {});
  const uint64_t second = heap.add(kStart + 1ms, [] {});
  EXPECT_EQ(heap.next(), kStart + 1ms);
  EXPECT_EQ(due_at(heap, kStart + 2ms), (std::vector{first, second}));
  EXPECT_EQ(due_at(heap, kStart + 3ms), (std::vector{late}));
}

TEST(TimerHeap, ForgetsACancelledTimerAndReusesItsPlaceUnderANewId) {
  TimerHeap heap;
  const uint64_t old = heap.add(kStart, [] {});
  heap.cancel(old);
  EXPECT_EQ(heap.next(), std::nullopt);
  const uint64_t fresh = heap.add(kStart, [] {});
  EXPECT_NE(old, fresh);
  heap.cancel(old);
  EXPECT_EQ(heap.size(), 1u);
  EXPECT_TRUE(heap.take(fresh));
  EXPECT_FALSE(heap.take(fresh));
}

TEST(TimerHeap, ATaskDestroyedByClearMayCancelAnotherTimer) {
  TimerHeap heap;
  const uint64_t other = heap.add(kStart, [] {});
  std::shared_ptr<int> guard(new int, [&heap, other](int* p) {
    heap.cancel(other);
    delete p;
  });
  const uint64_t id = heap.add(kStart, [guard] {});
  EXPECT_NE(id, 0u);
  guard.reset();
  heap.clear();
  EXPECT_EQ(heap.size(), 0u);
}

TEST(TimerHeap, StaysSmallWhenTimersAreSetAndCancelledForEver) {
  TimerHeap heap;
  std::mt19937 random(7);
  std::multiset<Instant> expected;
  for (int i = 0; i < 20'000; ++i) {
    const Instant at = kStart + std::chrono::milliseconds(random() % 1000);
    const uint64_t id = heap.add(at, [] {});
    if (i % 20 != 0) {
      heap.cancel(id);
    } else {
      expected.insert(at);
    }
  }
  EXPECT_EQ(heap.size(), expected.size());
  EXPECT_EQ(heap.next(), *expected.begin());
  EXPECT_EQ(due_at(heap, kStart + 1s).size(), expected.size());
}

}  // namespace
}  // namespace sipcast
