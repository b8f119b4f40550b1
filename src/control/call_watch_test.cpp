#include "control/call_watch.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {
using namespace std::chrono_literals;
using Finding = CallWatch::Finding;
const Instant kStart{};

TEST(CallWatch, WithoutLimitsThereIsNothingToWatch) {
  EXPECT_FALSE(CallWatch({}, kStart).interval());
  EXPECT_EQ(CallWatch({.rtp_timeout = 2s}, kStart).interval(), 500ms);
  EXPECT_EQ(CallWatch({.max_duration = 10h}, kStart).interval(), 5s);
}

TEST(CallWatch, SilenceIsToldOnceAndItsEndToo) {
  CallWatch watch({.rtp_timeout = 10s}, kStart);
  EXPECT_EQ(watch.on_activity(5, 0, false, kStart + 5s), Finding::None);
  EXPECT_EQ(watch.on_activity(5, 0, false, kStart + 14s), Finding::None);
  EXPECT_EQ(watch.on_activity(5, 0, false, kStart + 15s), Finding::RtpSilent);
  EXPECT_EQ(watch.on_activity(5, 0, false, kStart + 40s), Finding::None);
  EXPECT_EQ(watch.on_activity(6, 0, false, kStart + 41s), Finding::RtpBack);
  EXPECT_EQ(watch.on_activity(6, 0, false, kStart + 51s), Finding::RtpSilent);
}

TEST(CallWatch, OnHoldNoRtpIsMissed) {
  CallWatch watch({.rtp_timeout = 10s}, kStart);
  EXPECT_EQ(watch.on_activity(5, 0, false, kStart + 5s), Finding::None);
  EXPECT_EQ(watch.on_activity(5, 0, true, kStart + 100s), Finding::None);
  EXPECT_EQ(watch.on_activity(5, 0, false, kStart + 109s), Finding::None);
  EXPECT_EQ(watch.on_activity(5, 0, false, kStart + 110s), Finding::RtpSilent);
}

TEST(CallWatch, ACallThatNobodyWatchesEndsSomeTimeAfterItsLastViewer) {
  CallWatch watch({.unwatched = 30s}, kStart);
  EXPECT_EQ(watch.on_activity(1, 0, false, kStart + 29s), Finding::None);
  EXPECT_EQ(watch.on_activity(2, 1, false, kStart + 29s), Finding::None);
  EXPECT_EQ(watch.on_activity(3, 0, false, kStart + 58s), Finding::None);
  EXPECT_EQ(watch.on_activity(4, 0, false, kStart + 59s), Finding::Unwatched);
}

TEST(CallWatch, ACallEndsAtItsGreatestDuration) {
  CallWatch watch({.max_duration = 1h}, kStart);
  EXPECT_EQ(watch.on_activity(1, 1, false, kStart + 59min), Finding::None);
  EXPECT_EQ(watch.on_activity(2, 1, true, kStart + 1h), Finding::TooLong);
}

}  // namespace
}  // namespace sipcast
