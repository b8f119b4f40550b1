#include "egress/resend_budget.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

int taken(ResendBudget& budget, Instant now, int wanted) {
  int got = 0;
  for (int i = 0; i < wanted; ++i) got += budget.take(now) ? 1 : 0;
  return got;
}

TEST(ResendBudget, GivesABurstAndThenItsRate) {
  ResendBudget budget;
  const Instant start{1h};
  EXPECT_EQ(taken(budget, start, 1000), 256);
  EXPECT_EQ(taken(budget, start + 100ms, 1000), 50);
  EXPECT_EQ(taken(budget, start + 1h, 1000), 256);
}

TEST(ResendBudget, IsNoMatterForAnOrdinaryLossyLine) {
  ResendBudget budget;
  for (Instant now{1h}; now < Instant{2h}; now += 10ms) EXPECT_EQ(taken(budget, now, 4), 4);
}

}  // namespace
}  // namespace sipcast
