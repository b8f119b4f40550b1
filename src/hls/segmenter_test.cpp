#include "hls/segmenter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "mp4/playable_size.hpp"

namespace sipcast::hls {
namespace {
using namespace std::chrono_literals;

const FrameFormatPtr kVideo = std::make_shared<FrameFormat>(FrameFormat{
    .codec = FrameCodec::H264, .setup = {1, 0x42, 0, 0x1f, 0xff}, .width = 640, .height = 360});
const FrameFormatPtr kAudio = std::make_shared<FrameFormat>(FrameFormat{
    .codec = FrameCodec::Aac, .setup = {0x11, 0x88}, .sample_rate_hz = 48000, .channels = 1});
const Instant kStart(1000s);

class SegmenterTest : public testing::Test {
 protected:
  Segmenter make(Segmenter::Options options = {}) {
    return Segmenter(options, {.init = [this](Blob) { said_ += "init "; },
                               .part = [this](Part part) { take(std::move(part)); }});
  }
  void take(Part part) {
    said_ += fmt::format("{}{}{}{} ", to_ms(part.duration), part.independent ? "i" : "",
                         part.ends_segment ? "|" : "", part.next_init ? " with init" : "");
    parts_.push_back(std::move(part));
  }
  /// Sound alone, pictures alone, or both, in order.
  void feed(Segmenter& segmenter, Duration from, Duration to, Duration picture_every,
            Duration keyframe_every) {
    Duration picture = from, sound = from;
    while (std::min(picture, sound) < to) {
      if (picture_every > 0s && picture <= sound) {
        segmenter.push(frame(kVideo, picture, (picture - from) % keyframe_every == 0s));
        picture += picture_every;
      } else {
        segmenter.push(frame(kAudio, sound, true, 21333us));
        sound += 21333us;
      }
      if (picture_every == 0s) picture = to;
    }
  }
  static FramePtr frame(const FrameFormatPtr& format, Duration at, bool keyframe,
                        Duration duration = 0s) {
    return std::make_shared<Frame>(Frame{.format = format,
                                         .pts = kStart + at,
                                         .dts = kStart + at,
                                         .duration = duration,
                                         .keyframe = keyframe,
                                         .payload = Bytes(100)});
  }
  std::string said_;
  std::vector<Part> parts_;
};

TEST_F(SegmenterTest, SegmentsBeginAtKeyframesAndPartsKeepToTheirLength) {
  Segmenter segmenter = make();
  ASSERT_TRUE(segmenter.begin(kVideo, kAudio, kStart));
  feed(segmenter, 0s, 4s, 40ms, 2s);
  segmenter.finish();
  Duration total{};
  int segments = 0;
  for (const Part& part : parts_) {
    total += part.duration;
    EXPECT_LE(part.duration, 334ms);
    if (!part.ends_segment) EXPECT_GE(part.duration, 284ms) << "85 % of the target";
    segments += part.ends_segment;
  }
  EXPECT_EQ(segments, 2) << said_;
  EXPECT_NEAR(static_cast<double>(to_ms(total)), 4000, 50);
  EXPECT_EQ(std::ranges::count(said_, 'i'), 2 + 2) << "two words and two keyframes: " << said_;
}

TEST_F(SegmenterTest, AFragmentIsWhole) {
  Segmenter segmenter = make();
  ASSERT_TRUE(segmenter.begin(kVideo, kAudio, kStart));
  feed(segmenter, 0s, 1s, 40ms, 2s);
  segmenter.finish();
  for (const Part& part : parts_) {
    const std::string file = std::string(
                                 "\0\0\0\x8"
                                 "ftyp\0\0\0\x8"
                                 "moov",
                                 16) +
                             *part.bytes;
    const auto read = [&](uint64_t offset, std::span<uint8_t> into) {
      if (offset + into.size() > file.size()) return false;
      std::copy_n(file.begin() + static_cast<ptrdiff_t>(offset), into.size(), into.begin());
      return true;
    };
    EXPECT_EQ(mp4::playable_size(file.size(), read), file.size());
  }
}

TEST_F(SegmenterTest, SoundAloneHasSegmentsOfTwoSeconds) {
  Segmenter segmenter = make();
  ASSERT_TRUE(segmenter.begin(nullptr, kAudio, kStart));
  feed(segmenter, 0s, 4100ms, 0s, 2s);
  ASSERT_EQ(said_.find('|') != std::string::npos, true) << said_;
  EXPECT_EQ(std::ranges::count(said_, '|'), 2) << said_;
  EXPECT_EQ(std::ranges::count(said_, 'i'), 2 + static_cast<int>(parts_.size()))
      << "every part is independent: " << said_;
}

TEST_F(SegmenterTest, PicturesAloneToo) {
  Segmenter segmenter = make();
  ASSERT_TRUE(segmenter.begin(kVideo, nullptr, kStart));
  for (Duration at = 0s; at <= 2s; at += 40ms) segmenter.push(frame(kVideo, at, at % 2s == 0s));
  EXPECT_EQ(said_, "init 320i 320 320 320 320 320 80| ");
}

TEST_F(SegmenterTest, APhoneWithoutKeyframesGetsLongSegmentsThatEndAllTheSame) {
  Segmenter segmenter = make();
  ASSERT_TRUE(segmenter.begin(kVideo, kAudio, kStart));
  feed(segmenter, 0s, 45s, 40ms, 60s);
  EXPECT_EQ(std::ranges::count(said_, '|'), 2) << said_;
}

TEST_F(SegmenterTest, OnHoldThereAreShortSegmentsOfSound) {
  Segmenter segmenter = make();
  ASSERT_TRUE(segmenter.begin(kVideo, kAudio, kStart));
  feed(segmenter, 0s, 1s, 40ms, 2s);
  feed(segmenter, 1s, 30s, 0s, 2s);
  feed(segmenter, 30s, 31s, 40ms, 2s);
  EXPECT_GE(std::ranges::count(said_, '|'), 14) << said_;
  const size_t without = parts_[6].bytes->size();  // a second without pictures is nothing yet
  EXPECT_GT(parts_[10].bytes->size(), without + 100) << "the last keyframe is in it again";
}

TEST_F(SegmenterTest, WhatRefersToPicturesBeforeARepeatedOneIsLeftOut) {
  Segmenter segmenter = make();
  ASSERT_TRUE(segmenter.begin(kVideo, kAudio, kStart));
  feed(segmenter, 0s, 1s, 40ms, 2s);
  feed(segmenter, 1s, 3s, 0s, 2s);
  segmenter.finish();
  const size_t parts = parts_.size();
  segmenter.push(frame(kVideo, 3100ms, false));
  segmenter.finish();
  EXPECT_EQ(parts_.size(), parts);
  segmenter.push(frame(kVideo, 3140ms, true));
  segmenter.finish();
  EXPECT_EQ(parts_.size(), parts + 1);
}

TEST_F(SegmenterTest, AnotherFormatBeginsAnew) {
  Segmenter segmenter = make();
  ASSERT_TRUE(segmenter.begin(kVideo, kAudio, kStart));
  feed(segmenter, 0s, 500ms, 40ms, 2s);
  ASSERT_TRUE(segmenter.begin(kVideo, kAudio, kStart + 520ms));
  feed(segmenter, 520ms, 1s, 40ms, 2s);
  segmenter.finish();
  EXPECT_EQ(std::ranges::count(said_, '|'), 2) << said_;
  EXPECT_NE(said_.find("| with init "), std::string::npos) << said_;
}

TEST_F(SegmenterTest, AHoleInTimeMakesNoLongPart) {
  Segmenter segmenter = make();
  ASSERT_TRUE(segmenter.begin(kVideo, kAudio, kStart));
  feed(segmenter, 0s, 200ms, 40ms, 2s);
  feed(segmenter, 100s, 101s, 40ms, 2s);
  for (const Part& part : parts_) EXPECT_LE(part.duration, 334ms);
  EXPECT_GE(parts_.back().start, kStart + 100s);
}

TEST_F(SegmenterTest, RefusesWhatHlsDoesNotCarry) {
  Segmenter segmenter = make();
  const auto vp8 = std::make_shared<FrameFormat>(FrameFormat{.codec = FrameCodec::Vp8});
  EXPECT_EQ(segmenter.begin(vp8, kAudio, kStart).error().code, Errc::Unsupported);
  segmenter.push(frame(kVideo, 0s, true));
  segmenter.finish();
  EXPECT_EQ(said_, "");
}

}  // namespace
}  // namespace sipcast::hls
