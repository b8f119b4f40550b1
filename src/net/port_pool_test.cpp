#include "net/port_pool.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

TEST(PortPool, GivesEvenPortsAndRefusesWhenAllAreTaken) {
  PortPool pool(10'001, 10'006);  // 10002/3 and 10004/5; 10006 has no odd one
  EXPECT_EQ(pool.total_pairs(), 2u);
  auto first = pool.take();
  auto second = pool.take();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->rtp(), 10'002);
  EXPECT_EQ(first->rtcp(), 10'003);
  EXPECT_EQ(second->rtp(), 10'004);
  const auto third = pool.take();
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::Exhausted);
}

TEST(PortPool, GivesTheLeastRecentlyUsedPairFirst) {
  PortPool pool(100, 105);
  {
    const auto used = pool.take();
  }
  const auto a = pool.take();
  const auto b = pool.take();
  const auto c = pool.take();
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(a->rtp(), 102);
  EXPECT_EQ(b->rtp(), 104);
  EXPECT_EQ(c->rtp(), 100);
}

TEST(PortPool, APairMovesAndOutlivesItsPool) {
  PortPool::Pair kept;
  {
    PortPool pool(100, 103);
    kept = std::move(*pool.take());
    EXPECT_EQ(pool.free_pairs(), 1u);
    kept = std::move(*pool.take());
    EXPECT_EQ(pool.free_pairs(), 1u);
    EXPECT_EQ(kept.rtp(), 102);
  }
}

TEST(PortPool, TakesTheLastPortAndAnEmptyRange) {
  EXPECT_EQ(PortPool(65'534, 65'535).total_pairs(), 1u);
  EXPECT_EQ(PortPool(200, 200).total_pairs(), 0u);
  EXPECT_EQ(PortPool(300, 200).total_pairs(), 0u);
}

}  // namespace
}  // namespace sipcast
