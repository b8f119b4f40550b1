#include "stream/keyframe_broker.hpp"

#include <gtest/gtest.h>

#include <tuple>

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

TEST(KeyframeBroker, BehindAHoldAYoungKeyframeIsOfNoUse) {
  KeyframeBroker broker;
  broker.on_keyframe(Instant{} + 1s);
  EXPECT_TRUE(broker.want_new(Instant{} + 1010ms).pli);
  EXPECT_EQ(broker.want_new(Instant{} + 1020ms), KeyframeAsk{}) << "not twice in 100 ms";
  EXPECT_EQ(broker.deadline(), Instant{} + 1110ms);
  EXPECT_TRUE(broker.on_timer(Instant{} + 1110ms).pli);
  broker.on_keyframe(Instant{} + 1200ms);
  EXPECT_EQ(broker.stats().last_time_to_keyframe, Duration(190ms));
}

TEST(KeyframeBroker, AHoldEndsTheBackOffOfADeafPeer) {
  KeyframeBroker broker;
  broker.want(Instant{});
  while (broker.deadline()) broker.on_timer(*broker.deadline());
  EXPECT_EQ(broker.want(Instant{} + 4s), KeyframeAsk{});
  EXPECT_TRUE(broker.want_new(Instant{} + 4s).pli);
}

/// One round from `now` on with a peer that obeys one way alone, 50 ms after it was asked.
Duration obeys(KeyframeBroker& broker, bool KeyframeAsk::* way, Instant now) {
  const Instant start = now;
  for (KeyframeAsk ask = broker.want(now); !(ask.*way) && broker.deadline();) {
    now = *broker.deadline();
    ask = broker.on_timer(now);
  }
  broker.on_keyframe(now + 50ms);
  return now - start;
}

TEST(KeyframeBroker, BeginsWithTheWayThatWorkedTwice) {
  for (const auto& [way, name, late] : {std::tuple{&KeyframeAsk::fir, KeyframeWay::Fir, 750ms},
                                        {&KeyframeAsk::info, KeyframeWay::Info, 1750ms},
                                        {&KeyframeAsk::pli, KeyframeWay::Pli, 0ms}}) {
    KeyframeBroker broker;
    EXPECT_EQ(obeys(broker, way, Instant{} + 10s), Duration(late));
    EXPECT_EQ(broker.stats().way, KeyframeWay::Unknown) << "may be chance";
    EXPECT_EQ(obeys(broker, way, Instant{} + 20s), Duration(late));
    EXPECT_EQ(broker.stats().way, name);
    EXPECT_EQ(obeys(broker, way, Instant{} + 30s), Duration{});
    EXPECT_EQ(broker.stats().last_time_to_keyframe, Duration(50ms));
  }
}

TEST(KeyframeBroker, ForgetsAWayThatNoLongerWorks) {
  KeyframeBroker broker;
  obeys(broker, &KeyframeAsk::info, Instant{} + 10s);
  obeys(broker, &KeyframeAsk::info, Instant{} + 20s);
  EXPECT_TRUE(broker.want(Instant{} + 30s).info);
  while (broker.deadline()) broker.on_timer(*broker.deadline());
  EXPECT_TRUE(broker.stats().deaf);
  const KeyframeAsk next = broker.want(Instant{} + 60s);
  EXPECT_TRUE(next.pli && !next.fir && !next.info);
}

TEST(KeyframeBroker, AsksBySipAtMostOnceASecond) {
  KeyframeBroker broker;
  obeys(broker, &KeyframeAsk::info, Instant{} + 10s);
  obeys(broker, &KeyframeAsk::info, Instant{} + 20s);
  broker.on_keyframe(Instant{} + 30s);
  EXPECT_EQ(broker.want(Instant{} + 30900ms), KeyframeAsk{});
  EXPECT_TRUE(broker.want(Instant{} + 31s).info);
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
