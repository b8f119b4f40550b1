#include "rtp/video_normalizer_test.hpp"

namespace sipcast {
namespace {
using namespace testdata;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Vp8Normalizer : public NormalizerTest {
 protected:
  Vp8Normalizer() { restart(); }
  void restart() { normalizer = VideoNormalizer({.codec = Codec::Vp8, .parameter_sets = {}}); }
  void start() {
    restart();
    push_all(packetize_vp8(vp8_frame(true, 100), 1200, 1), 1000);
    ASSERT_THAT(take(), SizeIs(1));
  }
  static Bytes bytes_of(const NormalFrame& frame) {
    return depacketize_frame(Codec::Vp8, frame.payloads).value_or(Bytes{});
  }
};

TEST_F(Vp8Normalizer, RewritesDescriptorsAndBoundsPayloads) {
  const Bytes key = vp8_frame(true, 5000);
  push_all(packetize_vp8(key, 1460, 77), 1000);
  auto out = take();
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_TRUE(out[0].keyframe);
  ASSERT_THAT(out[0].payloads, SizeIs(5));
  EXPECT_EQ(out[0].payloads[0][0], 0x10);
  for (size_t i = 1; i < 5; ++i) EXPECT_EQ(out[0].payloads[i][0], 0x00);
  EXPECT_EQ(bytes_of(out[0]), key);
  EXPECT_EQ(normalizer.size(), (VideoSize{320, 360}));
  EXPECT_FALSE(normalizer.needs_keyframe());

  const Bytes delta = vp8_frame(false, 30);
  push_all(packetize_vp8(delta, 1460, 78), 2000);
  out = take();
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_FALSE(out[0].keyframe);
  EXPECT_EQ(bytes_of(out[0]), delta);
  EXPECT_EQ(normalizer.h264_profile_level_id(), 0u);
}

TEST_F(Vp8Normalizer, ReadsEveryFormOfDescriptor) {
  const char* descriptors[] = {
      "10", "30", "9000", "908011", "90808122", "904033", "902044", "901055", "90f0812233445566",
  };
  for (const char* hex : descriptors) {
    SCOPED_TRACE(hex);
    restart();
    Bytes descriptor = from_hex(hex);
    if (descriptor.size() == 8) descriptor.resize(6);  // X I L T K: 2 + 2 + 1 + 1
    Bytes payload = descriptor;
    payload.insert(payload.end(), real::kVp8Keyframe176x144.begin(),
                   real::kVp8Keyframe176x144.end());
    push(payload, 1000, true);
    const auto out = take();
    ASSERT_THAT(out, SizeIs(1));
    EXPECT_TRUE(out[0].keyframe);
    EXPECT_EQ(bytes_of(out[0]), real::kVp8Keyframe176x144);
    EXPECT_EQ(normalizer.size(), (VideoSize{176, 144}));
  }
}

TEST_F(Vp8Normalizer, JoinsPartitionsIntoOneFrame) {
  const Bytes frame = vp8_frame(true, 40);
  Bytes first{0x10}, second{0x11}, third{0x01};
  first.insert(first.end(), frame.begin(), frame.begin() + 20);
  second.insert(second.end(), frame.begin() + 20, frame.begin() + 30);
  third.insert(third.end(), frame.begin() + 30, frame.end());
  push_all({first, second, third}, 1000);
  const auto out = take();
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_EQ(bytes_of(out[0]), frame);
}

TEST_F(Vp8Normalizer, DropsAFrameWhole_WhicheverPacketIsLost) {
  const auto payloads = packetize_vp8(vp8_frame(false, 4000), 1200, 2);
  for (size_t lost = 0; lost < payloads.size(); ++lost) {
    SCOPED_TRACE(lost);
    start();
    bool gap = false;
    for (size_t i = 0; i < payloads.size(); ++i) {
      if (i == lost) {
        gap = true;
        continue;
      }
      push(payloads[i], 2000, i + 1 == payloads.size(),
           std::exchange(gap, false) ? Loss::GapBefore : Loss::None);
    }
    EXPECT_THAT(take(), IsEmpty());
    push_all(packetize_vp8(vp8_frame(false, 50), 1200, 3), 3000);
    if (gap) {  // the frame's end is missed only by what comes next
      take();
      continue;
    }
    EXPECT_THAT(take(), SizeIs(1));
    EXPECT_EQ(stats().frames_dropped_damaged_total, 1u);
    EXPECT_TRUE(normalizer.needs_keyframe());
  }
}

TEST_F(Vp8Normalizer, AFrameThatBeginsBehindAGapIsWhole) {
  start();
  push(packetize_vp8(vp8_frame(false, 50), 1200, 3)[0], 3000, true, Loss::GapBefore);
  EXPECT_THAT(take(), SizeIs(1));
  EXPECT_TRUE(normalizer.needs_keyframe());
  EXPECT_EQ(dropped(), 0u);
}

TEST_F(Vp8Normalizer, AnEarlyMarkerIsBelievedOnlyOnce) {
  start();
  const auto first = packetize_vp8(vp8_frame(false, 3000), 1200, 2);
  for (const Bytes& payload : first) push(payload, 2000, true);
  for (const Bytes& payload : first) push(payload, 3000, true);
  auto out = take();
  ASSERT_THAT(out, SizeIs(2));
  EXPECT_EQ(out[1].timestamp, RtpTimestamp{2000});
  EXPECT_EQ(out[1].payloads[0][0], 0x00);
  push_all(packetize_vp8(vp8_frame(false, 50), 1200, 3), 4000);
  out = take();
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_EQ(bytes_of(out[0]), vp8_frame(false, 3000));
}

TEST_F(Vp8Normalizer, DropsWhatIsNoVp8) {
  const Bytes cases[] = {
      from_hex("90"),                      // descriptor cut off
      from_hex("9080"),                    // PictureID cut off
      from_hex("10"),                      // nothing behind it
      from_hex("00b14300"),                // begins in the middle, and nothing was lost
      from_hex("10b0430000000040016800"),  // keyframe without its start code
      from_hex("10b043009d012a"),          // keyframe without its size
  };
  for (const Bytes& bad : cases) {
    start();
    push(bad, 2000, true);
    EXPECT_THAT(take(), IsEmpty());
    EXPECT_EQ(stats().frames_dropped_invalid_total, 1u);
    EXPECT_TRUE(normalizer.needs_keyframe());
  }
}

}  // namespace
}  // namespace sipcast
