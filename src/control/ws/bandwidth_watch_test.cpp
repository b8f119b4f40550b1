#include "control/ws/bandwidth_watch.hpp"

#include <gtest/gtest.h>

namespace sipcast::ws {
namespace {

TEST(BandwidthWatch, ThreeSecondsOfMuchLossAreNotEnoughBandwidth) {
  BandwidthWatch watch;
  EXPECT_FALSE(watch.judge({.sent_bps = 1000, .fraction_lost = 0.5}));
  EXPECT_FALSE(watch.judge({.sent_bps = 1000, .fraction_lost = 0.5}));
  EXPECT_EQ(watch.judge({.sent_bps = 1000, .fraction_lost = 0.25}), 750u);
}

TEST(BandwidthWatch, AShortBurstOrALittleLossIsNone) {
  BandwidthWatch watch;
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(watch.judge({.sent_bps = 1000, .fraction_lost = i % 3 == 0 ? 0.0 : 0.5}));
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(watch.judge({.sent_bps = 1000, .fraction_lost = 0.05}));
  }
}

TEST(BandwidthWatch, IsToldAgainAfterTenSecondsWhileItLasts) {
  BandwidthWatch watch;
  int told = 0;
  for (int i = 0; i < 23; ++i) told += watch.judge({.fraction_lost = 0.5}).has_value();
  EXPECT_EQ(told, 3);  // after 3, 13 and 23 seconds
}

TEST(BandwidthWatch, VideoThatASlowTcpConnectionLeavesOutCountsAtOnce) {
  BandwidthWatch watch;
  EXPECT_FALSE(watch.judge({.sent_bps = 500}));
  EXPECT_EQ(watch.judge({.sent_bps = 500, .keyframe_skips = 1}), 500u);
  EXPECT_FALSE(watch.judge({.sent_bps = 500, .keyframe_skips = 1}));
}

TEST(BandwidthWatch, TheBrowsersOwnEstimateIsPreferred) {
  BandwidthWatch watch;
  EXPECT_EQ(watch.judge({.sent_bps = 500, .keyframe_skips = 1, .remb_bps = 300}), 300u);
}

}  // namespace
}  // namespace sipcast::ws
