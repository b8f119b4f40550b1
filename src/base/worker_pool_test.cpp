#include "base/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

namespace sipcast {
namespace {

TEST(WorkerPool, RunsTheJobsOfAStrandInOrder) {
  std::vector<int> seen[4];
  {
    WorkerPool pool("test", 3);
    std::vector<WorkerPool::Strand> strands;
    for (int s = 0; s < 4; ++s) strands.push_back(pool.make_strand());
    for (int i = 0; i < 500; ++i) {
      for (size_t s = 0; s < 4; ++s) {
        ASSERT_TRUE(strands[s].run([&seen, s, i] { seen[s].push_back(i); }));
      }
    }
  }
  for (const auto& numbers : seen) {
    ASSERT_EQ(numbers.size(), 500u);
    for (int i = 0; i < 500; ++i) ASSERT_EQ(numbers[static_cast<size_t>(i)], i);
  }
}

TEST(WorkerPool, RefusesWhatDoesNotFitIntoAStrand) {
  std::atomic<int> ran = 0;
  std::latch blocked(1), started(1);
  WorkerPool pool("test", 1);
  const auto strand = pool.make_strand(2);
  ASSERT_TRUE(strand.run([&] {
    started.count_down();
    blocked.wait();
  }));
  started.wait();
  EXPECT_TRUE(strand.run([&] { ++ran; }));
  EXPECT_TRUE(strand.run([&] { ++ran; }));
  EXPECT_FALSE(strand.run([&] { ++ran; }));
  blocked.count_down();
}

}  // namespace
}  // namespace sipcast
