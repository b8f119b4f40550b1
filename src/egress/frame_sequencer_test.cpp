#include "egress/frame_sequencer.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "egress/frame_queue.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

FrameFormatPtr format(FrameCodec codec, uint8_t setup = 0) {
  return std::make_shared<FrameFormat>(FrameFormat{.codec = codec, .setup = {setup}});
}
const FrameFormatPtr kAac = format(FrameCodec::Aac), kH264 = format(FrameCodec::H264);

FramePtr frame(const FrameFormatPtr& format, Duration at, bool keyframe = true) {
  return std::make_shared<Frame>(Frame{.format = format,
                                       .pts = Instant(at),
                                       .dts = Instant(at),
                                       .duration = 20ms,
                                       .keyframe = keyframe,
                                       .payload = Bytes(100)});
}
/// "B" and the tracks for a beginning, "v" and "a" with the time in ms for frames.
std::string steps(FrameSequencer& sequencer) {
  std::string text;
  while (const auto step = sequencer.next()) {
    if (const auto* begin = std::get_if<FrameSequencer::Begin>(&*step)) {
      text += fmt::format("B{}{} ", begin->tracks.video ? "v" : "", begin->tracks.audio ? "a" : "");
    } else {
      const FramePtr& got = std::get<FramePtr>(*step);
      text += fmt::format("{}{} ", got->kind() == MediaKind::Video ? "v" : "a",
                          to_ms(got->dts.time_since_epoch()));
    }
  }
  return text;
}
const TrackList kBoth = {.audio = TrackInfo{Codec::Pcmu}, .video = TrackInfo{Codec::H264}};

TEST(FrameSequencer, BeginsAtAKeyframeWithTheSoundOfThatMoment) {
  FrameSequencer sequencer;
  sequencer.set_tracks(kBoth);
  for (const auto t : {0ms, 20ms, 40ms}) sequencer.push(frame(kAac, t));
  sequencer.push(frame(kH264, 10ms, false));
  sequencer.push(frame(kH264, 30ms));
  EXPECT_EQ(steps(sequencer), "Bva v30 a40 ");
}

TEST(FrameSequencer, TheSoundBeforeAnotherFormatBelongsToTheOldOne) {
  FrameSequencer sequencer;
  sequencer.set_tracks(kBoth);
  sequencer.push(frame(kH264, 0ms));
  sequencer.push(frame(kAac, 0ms));
  EXPECT_EQ(steps(sequencer), "Bva v0 a0 ");
  sequencer.push(frame(format(FrameCodec::H264, 2), 40ms));
  EXPECT_EQ(steps(sequencer), "") << "its sound has not come yet";
  for (const auto t : {20ms, 35ms, 55ms}) sequencer.push(frame(kAac, t));
  EXPECT_EQ(steps(sequencer), "a20 a35 Bva v40 a55 ");
}

TEST(FrameSequencer, PutsTwoTracksInOrder) {
  FrameSequencer sequencer;
  sequencer.set_tracks(kBoth);
  for (const auto t : {0ms, 40ms, 80ms}) sequencer.push(frame(kH264, t, t == 0ms));
  EXPECT_EQ(steps(sequencer), "") << "sound comes later than pictures";
  for (const auto t : {5ms, 25ms, 45ms}) sequencer.push(frame(kAac, t));
  EXPECT_EQ(steps(sequencer), "Bva v0 a5 a25 v40 a45 ");
  for (Duration t = 120ms; t < 1200ms; t += 40ms) sequencer.push(frame(kH264, t, false));
  EXPECT_EQ(steps(sequencer).substr(0, 9), "v80 v120 ") << "but not for ever";
}

TEST(FrameSequencer, BeginsWithSoundAloneWhenNoPictureComesAndAgainWhenItDoes) {
  FrameSequencer sequencer({.video_patience = 1s});
  sequencer.set_tracks(kBoth);
  for (Duration t = 0ms; t < 1000ms; t += 20ms) sequencer.push(frame(kAac, t));
  EXPECT_EQ(steps(sequencer), "");
  sequencer.push(frame(kAac, 1000ms));
  EXPECT_EQ(steps(sequencer).substr(0, 6), "Ba a0 ");
  sequencer.push(frame(kH264, 1010ms));
  sequencer.push(frame(kAac, 1020ms));
  EXPECT_EQ(steps(sequencer), "Bva v1010 a1020 ");
}

TEST(FrameSequencer, BeginsAgainWithANewFormatAndAfterARestart) {
  FrameSequencer sequencer;
  sequencer.set_tracks(kBoth);
  sequencer.push(frame(kH264, 0ms));
  sequencer.push(frame(kAac, 0ms));
  EXPECT_EQ(steps(sequencer), "Bva v0 a0 ");
  sequencer.push(frame(format(FrameCodec::H264, 1), 40ms));
  sequencer.push(frame(kAac, 40ms));
  EXPECT_EQ(steps(sequencer), "Bva v40 a40 ");
  sequencer.restart();
  sequencer.push(frame(kH264, 80ms, false));
  sequencer.push(frame(kAac, 80ms));
  EXPECT_EQ(steps(sequencer), "");
}

TEST(FrameQueue, DropsToTheNextKeyframeWhenItIsFull) {
  FrameQueue queue({.max_bytes = 350});
  queue.on_frame(frame(kH264, 0ms));
  queue.on_frame(frame(kH264, 40ms, false));
  queue.on_frame(frame(kAac, 40ms));
  queue.on_frame(frame(kH264, 80ms, false));  // does not fit
  queue.on_frame(frame(kAac, 60ms));
  queue.on_frame(frame(kH264, 120ms));
  const auto taken = queue.take(Instant{});
  EXPECT_TRUE(taken.lost);
  ASSERT_EQ(taken.frames.size(), 2u);
  EXPECT_EQ(taken.frames[0]->kind(), MediaKind::Audio);
  EXPECT_TRUE(taken.frames[1]->keyframe);
  EXPECT_EQ(queue.stats().dropped_total, 4u);
  EXPECT_EQ(queue.stats().overflows_total, 1u);
}

TEST(FrameQueue, WakesItsReader) {
  FrameQueue queue;
  std::thread reader(
      [&] { EXPECT_TRUE(queue.take(std::chrono::steady_clock::now() + 1h).frames.empty()); });
  queue.wake();
  reader.join();
  queue.on_end(EndReason::SourceStopped);
  EXPECT_EQ(queue.take(Instant{}).ended, EndReason::SourceStopped);
}

}  // namespace
}  // namespace sipcast
