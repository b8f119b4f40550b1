#include "egress/viewer_bandwidth.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

/// A viewer that is sent 1 Mbit/s and reports each second.
struct Watching {
  ViewerBandwidth bandwidth;
  Instant now{1h};
  Watching() {
    bandwidth.on_connected(now);
    run(20, 0, 2'000'000);
  }
  /// Seconds until it is not enough any more; `seconds` when it stays so.
  int run(int seconds, uint8_t lost, uint64_t remb) {
    for (int i = 0; i < seconds; ++i) {
      if (!bandwidth.enough()) return i;
      now += 1s;
      bandwidth.on_sent(125'000);
      bandwidth.on_loss(lost, now);
      bandwidth.on_remb(remb, now);
    }
    return seconds;
  }
};

TEST(ViewerBandwidth, KnowsWhatIsSent) {
  Watching viewer;
  EXPECT_EQ(viewer.bandwidth.sent_bps(), 1'000'000u);
  EXPECT_TRUE(viewer.bandwidth.enough());
}

TEST(ViewerBandwidth, BearsSomeLossAndASlightlyLowEstimateForEver) {
  Watching viewer;
  EXPECT_EQ(viewer.run(600, 40, 700'000), 600);
}

TEST(ViewerBandwidth, SaysNoAfterSecondsOfHeavyLossOrOfALowEstimate) {
  EXPECT_EQ(Watching().run(60, 80, 2'000'000), 4);
  EXPECT_EQ(Watching().run(60, 0, 400'000), 4);
}

TEST(ViewerBandwidth, ForgetsAMomentOfTrouble) {
  Watching viewer;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(viewer.run(2, 200, 100'000), 2);
    EXPECT_EQ(viewer.run(1, 0, 2'000'000), 1);
  }
}

TEST(ViewerBandwidth, LetsANewcomersEstimateRise) {
  ViewerBandwidth bandwidth;
  Instant now{1h};
  bandwidth.on_connected(now);
  for (int i = 0; i < 9; ++i) {
    now += 1s;
    bandwidth.on_sent(125'000);
    bandwidth.on_remb(300'000, now);
    EXPECT_TRUE(bandwidth.enough());
  }
}

TEST(ViewerBandwidth, TriesAgainLaterEachTimeAndAnewWhenItWentWellForLong) {
  Watching viewer;
  ViewerBandwidth& bandwidth = viewer.bandwidth;
  for (const Duration pause : {4s, 8s, 16s, 30s, 30s}) {
    EXPECT_LT(viewer.run(60, 80, 2'000'000), 60);
    EXPECT_FALSE(bandwidth.may_resume(viewer.now + pause - 1ms)) << to_ms(pause);
    EXPECT_TRUE(bandwidth.may_resume(viewer.now + pause)) << to_ms(pause);
    viewer.now += pause;
    bandwidth.resume(viewer.now);
    EXPECT_TRUE(bandwidth.enough());
  }
  EXPECT_EQ(viewer.run(60, 0, 2'000'000), 60);
  EXPECT_LT(viewer.run(60, 80, 2'000'000), 60);
  EXPECT_TRUE(bandwidth.may_resume(viewer.now + 4s));
}

}  // namespace
}  // namespace sipcast
