#include "control/rest/stream_rates.hpp"

#include <gtest/gtest.h>

namespace sipcast::rest {
namespace {
using namespace std::chrono_literals;

const Instant kStart{100s};

StreamInfo stream(uint64_t video_bytes, uint64_t frames) {
  StreamInfo info{.name = "room1"};
  info.stats.first_media = kStart;
  info.stats.video_bytes_total = video_bytes;
  info.stats.frames_total = frames;
  return info;
}

TEST(StreamRates, AreAveragesSinceTheBeginningAndThenSinceTheLastQuestion) {
  StreamRates rates;
  auto measured = rates.measure({stream(250'000, 50)}, kStart + 2s);
  EXPECT_EQ(measured.at("room1").video_bps, 1'000'000u);
  EXPECT_DOUBLE_EQ(measured.at("room1").video_fps, 25);
  measured = rates.measure({stream(250'000 + 500'000, 110)}, kStart + 4s);
  EXPECT_EQ(measured.at("room1").video_bps, 2'000'000u);
  EXPECT_DOUBLE_EQ(measured.at("room1").video_fps, 30);
}

TEST(StreamRates, WhoAsksAgainWithinASecondGetsTheSameAnswer) {
  StreamRates rates;
  rates.measure({stream(250'000, 50)}, kStart + 2s);
  const auto again = rates.measure({stream(250'001, 50)}, kStart + 2s + 10ms);
  EXPECT_EQ(again.at("room1").video_bps, 1'000'000u);
}

TEST(StreamRates, AnotherStreamOfTheSameNameBeginsAnew) {
  StreamRates rates;
  rates.measure({stream(250'000, 50)}, kStart + 2s);
  StreamInfo other = stream(125'000, 25);
  other.stats.first_media = kStart + 10s;
  EXPECT_EQ(rates.measure({other}, kStart + 11s).at("room1").video_bps, 1'000'000u);
}

TEST(StreamRates, AStreamWithoutMediaHasNone) {
  StreamRates rates;
  EXPECT_TRUE(rates.measure({StreamInfo{.name = "waits"}}, kStart).empty());
}

}  // namespace
}  // namespace sipcast::rest
