#include "control/dtls_backlog.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sipcast {
namespace {

struct Fixture : testing::Test {
  /// One loop turn: what was posted before it.
  void turn() {
    for (auto& task : std::exchange(posted, {})) task();
  }
  void add(int name) {
    const Bytes bytes{static_cast<uint8_t>(name % 256), static_cast<uint8_t>(name / 256)};
    backlog.add(bytes, *SocketAddress::parse("192.0.2.1", 1000));
  }
  std::vector<DtlsBacklog::Task> posted;
  std::vector<int> taken;
  DtlsBacklog backlog{[this](DtlsBacklog::Task task) { posted.push_back(std::move(task)); },
                      [this](BytesView bytes, const SocketAddress&) {
                        taken.push_back(bytes[0] + 256 * bytes[1]);
                      }};
};

using DtlsBacklogTest = Fixture;

TEST_F(DtlsBacklogTest, TakesTheFirstAtOnceAndTheOthersAFewATurnInTheirOrder) {
  for (int i = 0; i < 10; ++i) add(i);
  EXPECT_EQ(taken.size(), 4u);
  turn();
  EXPECT_EQ(taken.size(), 8u);
  add(10);  // behind those that wait
  EXPECT_EQ(taken.size(), 8u);
  turn();
  EXPECT_EQ(taken, (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  turn();
  EXPECT_TRUE(posted.empty()) << "an idle backlog wakes nobody";
}

TEST_F(DtlsBacklogTest, TakesAtOnceAgainWhenNothingWaits) {
  for (int i = 0; i < 20; ++i) {
    add(i);
    EXPECT_EQ(taken.size(), static_cast<size_t>(i + 1));
    turn();
  }
}

TEST_F(DtlsBacklogTest, HasABound) {
  for (int i = 0; i < 5000; ++i) add(i);
  EXPECT_EQ(backlog.waiting(), DtlsBacklog::kMost);
  EXPECT_EQ(backlog.dropped(), 5000 - 4 - DtlsBacklog::kMost);
  while (!posted.empty()) turn();
  EXPECT_EQ(taken.size(), 4 + DtlsBacklog::kMost);
}

}  // namespace
}  // namespace sipcast
