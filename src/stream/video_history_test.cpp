#include "stream/video_history.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

PacketPtr packet(uint32_t sequence, bool keyframe = false, size_t size = 100) {
  return std::make_shared<const Packet>(Packet{.kind = MediaKind::Video,
                                               .sequence = sequence,
                                               .timestamp = RtpTimestamp{sequence * 3600},
                                               .marker = true,
                                               .keyframe_start = keyframe,
                                               .payload = Bytes(size, 1)});
}

TEST(VideoHistory, KeepsAllPacketsSinceTheLastKeyframe) {
  VideoHistory history(1 << 20, 4);
  for (uint32_t i = 0; i < 100; ++i) history.push(packet(i, i == 10));
  EXPECT_EQ(history.keyframe_sequence(), 10u);
  EXPECT_EQ(history.find(10)->sequence, 10u);
  EXPECT_EQ(history.find(99)->sequence, 99u);
  EXPECT_EQ(history.find(100), nullptr);
  EXPECT_EQ(history.find(5), nullptr) << "older than the tail of 4";
  EXPECT_EQ(history.find(6)->sequence, 6u);
}

TEST(VideoHistory, ForgetsAGopThatOutgrowsTheBoundButKeepsWhatIsNew) {
  VideoHistory history(1000, 4);
  history.push(packet(0, true));
  for (uint32_t i = 1; i < 20; ++i) history.push(packet(i));
  EXPECT_FALSE(history.keyframe_sequence());
  EXPECT_LE(history.bytes(), 1000u);
  EXPECT_NE(history.find(19), nullptr);
}

TEST(VideoHistory, FindsAcrossTheWrapOfTheSequence) {
  VideoHistory history;
  for (uint32_t i = 0xfffffff0u; i != 0x10; ++i) history.push(packet(i, i == 0xfffffff8u));
  EXPECT_EQ(history.find(0xfffffff8u)->sequence, 0xfffffff8u);
  EXPECT_EQ(history.find(3)->sequence, 3u);
  EXPECT_EQ(history.end_sequence(), 0x10u);
}

}  // namespace
}  // namespace sipcast
