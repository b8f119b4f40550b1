#include "stream/keyframe_broker.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

TEST(KeyframeBroker, AsksOnceForManyWishes) {
  KeyframeBroker broker;
  EXPECT_TRUE(broker.want(Instant{}).pli);
  EXPECT_EQ(broker.want(Instant{} + 10ms), KeyframeAsk{});
  broker.on_keyframe(Instant{} + 50ms);
  EXPECT_EQ(broker.stats().asks_total, 1u);
  EXPECT_EQ(broker.stats().last_time_to_keyframe, Duration(50ms));
  EXPECT_FALSE(broker.deadline());
}

TEST(KeyframeBroker, AYoungKeyframeServesTheWish) {
  KeyframeBroker broker;
  broker.on_keyframe(Instant{} + 1s);
  EXPECT_EQ(broker.want(Instant{} + 1100ms), KeyframeAsk{});
  EXPECT_TRUE(broker.want(Instant{} + 2s).pli);
}

TEST(KeyframeBroker, GoesFromPliOverFirToInfoAndBacksOffFromADeafPeer) {
  KeyframeBroker broker;
  broker.want(Instant{});
  bool fir = false, info = false;
  int asks = 1;
  for (int i = 0; i < 10 && broker.deadline(); ++i) {
    const KeyframeAsk ask = broker.on_timer(*broker.deadline());
    asks += ask.pli;
    fir |= ask.fir;
    info |= ask.info;
  }
  EXPECT_TRUE(fir);
  EXPECT_TRUE(info);
  EXPECT_EQ(asks, 4);
  EXPECT_TRUE(broker.stats().deaf);
  EXPECT_EQ(broker.want(Instant{} + 4s), KeyframeAsk{}) << "it backs off";
  EXPECT_TRUE(broker.want(Instant{} + 60s).pli);
  broker.on_keyframe(Instant{} + 61s);
  EXPECT_FALSE(broker.stats().deaf);
}

}  // namespace
}  // namespace sipcast
