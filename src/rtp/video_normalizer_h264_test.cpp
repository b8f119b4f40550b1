#include "rtp/video_normalizer_test.hpp"

namespace sipcast {
namespace {
using namespace testdata;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Bytes kSps = sps(0, 40, 30), kPps = pps(0, 0);

class H264Normalizer : public NormalizerTest {
 protected:
  /// A first keyframe, so that what follows is the usual course of things.
  void start() {
    push_all({kSps, kPps, idr(50)}, 1000);
    ASSERT_THAT(take(), SizeIs(1));
    ASSERT_FALSE(normalizer.needs_keyframe());
  }
  /// The NAL units of the only frame since the last call.
  std::vector<Bytes> only() {
    const auto taken = take();
    EXPECT_THAT(taken, SizeIs(1));
    return taken.empty() ? std::vector<Bytes>{} : nals(taken[0]);
  }
};

TEST_F(H264Normalizer, PutsOneStapAInFrontOfAKeyframe) {
  push(kSps, 1000, false);
  push(kPps, 1000, false);
  push(idr(50), 1000, true);
  const auto out = take();
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_TRUE(out[0].keyframe);
  EXPECT_EQ(out[0].timestamp, RtpTimestamp{1000});
  EXPECT_EQ(out[0].arrival, now);
  EXPECT_THAT(out[0].payloads, ElementsAre(stap_a({kSps, kPps}), idr(50)));
  EXPECT_EQ(normalizer.size(), (VideoSize{640, 480}));
  EXPECT_EQ(normalizer.h264_profile_level_id(), 0x42e01fu);
  EXPECT_EQ(stats().keyframes_total, 1u);
}

TEST_F(H264Normalizer, TakesRealParameterSets) {
  push(stap_a({real::kSps176x144, real::kPps}), 1, false);
  push(real::kIdrBegin, 1, true);
  EXPECT_THAT(only(), ElementsAre(real::kSps176x144, real::kPps, real::kIdrBegin));
  push(real::kPBegin, 2, true);
  EXPECT_THAT(only(), ElementsAre(real::kPBegin));
  EXPECT_EQ(normalizer.size(), (VideoSize{176, 144}));
}

TEST_F(H264Normalizer, WhatWentInComesOutWhateverThePacketSize) {
  const std::vector<Bytes> slices = {idr(9000), idr(30, 300), idr(1201, 600), idr(1460, 900)};
  for (const size_t max_payload : {20u, 100u, 1198u, 1200u, 1460u, 8000u}) {
    SCOPED_TRACE(max_payload);
    normalizer = VideoNormalizer({.codec = Codec::H264, .parameter_sets = {}});
    std::vector<BytesView> units{kSps, kPps};
    units.insert(units.end(), slices.begin(), slices.end());
    push_all(packetize_h264(units, max_payload, PacketizationMode::NonInterleaved), 7);
    EXPECT_THAT(only(), ElementsAre(kSps, kPps, slices[0], slices[1], slices[2], slices[3]));
  }
}

TEST_F(H264Normalizer, RecutsTheBigSingleNalUnitsOfMode0) {
  start();
  push(p_slice(5000), 2000, true);
  const auto out = take();
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_THAT(out[0].payloads, SizeIs(5));
  EXPECT_FALSE(out[0].keyframe);
  EXPECT_THAT(nals(out[0]), ElementsAre(p_slice(5000)));
}

TEST_F(H264Normalizer, TakesApartStapA) {
  push(stap_a({kSps, kPps, idr(40), idr(40, 100)}), 1000, true);
  EXPECT_THAT(only(), ElementsAre(kSps, kPps, idr(40), idr(40, 100)));
}

TEST_F(H264Normalizer, SendsSpropParameterSetsInBand) {
  normalizer = VideoNormalizer({.codec = Codec::H264, .parameter_sets = {kSps, kPps}});
  EXPECT_EQ(normalizer.size(), (VideoSize{640, 480}));
  push(idr(40), 1000, true);
  EXPECT_THAT(only(), ElementsAre(kSps, kPps, idr(40)));
  push(idr(40), 2000, true);
  EXPECT_THAT(only(), ElementsAre(kSps, kPps, idr(40)));
}

TEST_F(H264Normalizer, InBandParameterSetsWinOverSprop) {
  normalizer = VideoNormalizer({.codec = Codec::H264, .parameter_sets = {kSps, kPps}});
  const Bytes other = sps(0, 20, 15);
  push_all({other, kPps, idr(40)}, 1000);
  EXPECT_THAT(only(), ElementsAre(other, kPps, idr(40)));
  EXPECT_EQ(normalizer.size(), (VideoSize{320, 240}));
}

TEST_F(H264Normalizer, FollowsAChangeOfParameterSetsWithinTheCall) {
  start();
  const Bytes larger = sps(0, 80, 45), changed = pps(0, 0, 5);
  push_all({larger, changed, idr(40)}, 2000);
  EXPECT_THAT(only(), ElementsAre(larger, changed, idr(40)));
  EXPECT_EQ(normalizer.size(), (VideoSize{1280, 720}));
}

TEST_F(H264Normalizer, ChoosesTheSetsThatTheIdrRefersTo) {
  const Bytes sps1 = sps(1, 20, 15), pps4 = pps(4, 1), pps5 = pps(5, 1);
  push_all({kSps, sps1, kPps, pps4, pps5, idr(40, 0, 5)}, 1000);
  EXPECT_THAT(only(), ElementsAre(sps1, pps4, pps5, idr(40, 0, 5)));
  EXPECT_EQ(normalizer.size(), (VideoSize{320, 240}));
  push(idr(40), 2000, true);
  EXPECT_THAT(only(), ElementsAre(kSps, kPps, idr(40)));
  EXPECT_EQ(normalizer.size(), (VideoSize{640, 480}));
}

TEST_F(H264Normalizer, PassesOnAPpsThatChangesBetweenKeyframes) {
  start();
  push_all({kSps, kPps, p_slice(30)}, 2000);  // nothing new
  EXPECT_THAT(only(), ElementsAre(p_slice(30)));
  const Bytes changed = pps(0, 0, 5);
  push_all({changed, p_slice(30)}, 3000);
  EXPECT_THAT(only(), ElementsAre(kSps, changed, p_slice(30)));
  push(p_slice(30), 4000, true);
  EXPECT_THAT(only(), ElementsAre(p_slice(30)));
}

TEST_F(H264Normalizer, SendsParameterSetsSinglyWhenTheyAreTooLargeForOneStapA) {
  Bytes large = kSps;  // VUI and the like behind what we read
  large.insert(large.end(), 1300, 0x55);
  push_all({large, kPps, idr(40)}, 1000);
  EXPECT_THAT(only(), ElementsAre(large, kPps, idr(40)));
}

TEST_F(H264Normalizer, AbsorbsParameterSetsWithATimestampOfTheirOwn) {
  for (const Ends ends : {Ends::WithMarker, Ends::WithoutMarker}) {
    normalizer = VideoNormalizer({.codec = Codec::H264, .parameter_sets = {}});
    push_all({kSps, kPps}, 900, ends);
    push(idr(40), 1000, true);
    const auto out = take();
    ASSERT_THAT(out, SizeIs(1));
    EXPECT_EQ(out[0].timestamp, RtpTimestamp{1000});
    EXPECT_THAT(nals(out[0]), ElementsAre(kSps, kPps, idr(40)));
    EXPECT_EQ(dropped(), 0u);
  }
}

TEST_F(H264Normalizer, AMarkerOnEachParameterSetIsNoEarlyMarker) {
  push(kSps, 1000, true);
  push(kPps, 1000, true);
  push(idr(40), 1000, true);
  EXPECT_THAT(only(), ElementsAre(kSps, kPps, idr(40)));
  push(p_slice(40), 2000, true);
  EXPECT_THAT(only(), ElementsAre(p_slice(40)));  // at its marker: still believed
}

TEST_F(H264Normalizer, DropsDelimitersAndFillerAndKeepsSei) {
  const Bytes sei = from_hex("0605010280");
  push_all({from_hex("09f0"), sei, kSps, kPps, idr(40), from_hex("0cffff80"), from_hex("0a"),
            from_hex("0b"), from_hex("6e40"), from_hex("7e00")},
           1000);
  EXPECT_THAT(only(), ElementsAre(kSps, kPps, sei, idr(40)));
  push(from_hex("0cffffff80"), 2000, true);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(dropped(), 0u);
}

TEST_F(H264Normalizer, DropsAnIdrWithoutParameterSets) {
  push(idr(40), 1000, true);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(stats().frames_dropped_no_parameter_sets_total, 1u);
  EXPECT_TRUE(normalizer.needs_keyframe());
  push(p_slice(40), 2000, true);
  EXPECT_THAT(take(), SizeIs(1));
  push_all({kSps, kPps, idr(40, 0, 3)}, 3000);  // a PPS that nobody sent
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_TRUE(normalizer.needs_keyframe());
}

TEST_F(H264Normalizer, AnEarlyMarkerIsBelievedOnlyOnce) {
  start();
  push(p_slice(40), 2000, true);
  push(p_slice(40, 100), 2000, true);  // goes on: the first marker was early
  EXPECT_TRUE(normalizer.needs_keyframe());
  push(p_slice(40, 200), 2000, true);
  auto out = take();
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_THAT(nals(out[0]), ElementsAre(p_slice(40)));
  push(p_slice(40), 3000, true);
  push(p_slice(40, 100), 3000, true);
  out = take();
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_EQ(out[0].timestamp, RtpTimestamp{2000});
  EXPECT_THAT(nals(out[0]), ElementsAre(p_slice(40, 100), p_slice(40, 200)));
  push_all({kSps, kPps, idr(40), idr(40, 100)}, 4000);
  EXPECT_THAT(only(), ElementsAre(p_slice(40), p_slice(40, 100)));
  EXPECT_TRUE(normalizer.has_pending());
  normalizer.flush(frames);
  EXPECT_THAT(only(), ElementsAre(kSps, kPps, idr(40), idr(40, 100)));
  EXPECT_FALSE(normalizer.has_pending());
  EXPECT_EQ(dropped(), 0u);
}

TEST_F(H264Normalizer, TheRestOfAnIdrIsNoKeyframe) {
  push_all({kSps, kPps, idr(40)}, 1000);
  push(idr(40, 100), 1000, true);
  push(p_slice(40), 2000, true);
  const auto out = take();
  ASSERT_THAT(out, SizeIs(2));
  EXPECT_TRUE(out[0].keyframe);
  EXPECT_FALSE(out[1].keyframe);
  EXPECT_THAT(nals(out[1]), ElementsAre(idr(40, 100)));
  EXPECT_EQ(stats().keyframes_total, 1u);
}

TEST_F(H264Normalizer, AMarkerWithinANalUnitLosesNothing) {
  start();
  const Bytes big = p_slice(3000);
  for (const Bytes& payload : packetize_h264({big}, 1200, PacketizationMode::NonInterleaved)) {
    push(payload, 2000, true);
  }
  EXPECT_THAT(take(), IsEmpty());
  push(p_slice(40), 3000, true);
  EXPECT_THAT(only(), ElementsAre(big));
  EXPECT_FALSE(normalizer.needs_keyframe());
}

TEST_F(H264Normalizer, TwoPicturesMayShareATimestamp) {
  start();
  push(p_slice(40), 2000, true);
  push_all({kSps, kPps, idr(40)}, 2000);
  const auto out = take();
  ASSERT_THAT(out, SizeIs(2));
  EXPECT_TRUE(out[1].keyframe);
  push(p_slice(40), 3000, true);
  EXPECT_THAT(only(), ElementsAre(p_slice(40)));  // markers are still believed
}

TEST_F(H264Normalizer, WithoutMarkersATimestampEndsTheFrame) {
  push_all({kSps, kPps, idr(3000), idr(40, 300)}, 1000, Ends::WithoutMarker);
  EXPECT_THAT(take(), IsEmpty());
  push(p_slice(40), 2000, false);
  EXPECT_THAT(only(), ElementsAre(kSps, kPps, idr(3000), idr(40, 300)));
  EXPECT_TRUE(normalizer.has_pending());
  normalizer.flush(frames);
  EXPECT_THAT(only(), ElementsAre(p_slice(40)));
  push(p_slice(40), 3000, false);
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(H264Normalizer, FlushNeverCutsANalUnit) {
  start();
  push(from_hex("5c81889a00"), 2000, false);
  EXPECT_FALSE(normalizer.has_pending());
  normalizer.flush(frames);
  push(from_hex("5c41aabb"), 2000, true);
  EXPECT_THAT(only(), ElementsAre(from_hex("41889a00aabb")));
}

TEST_F(H264Normalizer, AnEmptyPacketMayBearTheMarker) {
  start();
  push(p_slice(40), 2000, false);
  push({}, 2000, true);
  EXPECT_THAT(only(), ElementsAre(p_slice(40)));
  push({}, 2500, true);
  push(p_slice(40), 3000, true);
  EXPECT_THAT(only(), ElementsAre(p_slice(40)));
}

TEST_F(H264Normalizer, DropsAFrameWhole_WhicheverPacketIsLost) {
  const Bytes first = p_slice(3000), second = p_slice(3000, 300);
  const auto payloads = packetize_h264({first, second}, 1200, PacketizationMode::NonInterleaved);
  ASSERT_THAT(payloads, SizeIs(6));
  for (size_t lost = 0; lost < payloads.size(); ++lost) {
    SCOPED_TRACE(lost);
    normalizer = VideoNormalizer({.codec = Codec::H264, .parameter_sets = {}});
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
    push(p_slice(40), 3000, true, gap ? Loss::GapBefore : Loss::None);
    EXPECT_THAT(only(), ElementsAre(p_slice(40)));
    EXPECT_EQ(stats().frames_dropped_damaged_total, 1u);
    EXPECT_TRUE(normalizer.needs_keyframe());
    push_all({kSps, kPps, idr(40)}, 4000);
    EXPECT_THAT(take(), SizeIs(1));
    EXPECT_FALSE(normalizer.needs_keyframe());
  }
}

TEST_F(H264Normalizer, AWholeFrameLostAsksForAKeyframeAndDropsNoOther) {
  start();
  push(p_slice(40), 3000, true, Loss::GapBefore);
  EXPECT_THAT(only(), ElementsAre(p_slice(40)));
  EXPECT_TRUE(normalizer.needs_keyframe());
  EXPECT_EQ(dropped(), 0u);
}

TEST_F(H264Normalizer, BehindAGapOnlyTheBeginningOfAPictureIsBelieved) {
  struct Case {
    const char* name;
    Bytes payload;
    size_t frames;
  };
  const Bytes big = p_slice(1300), rest = p_slice(1300, 50);
  const auto cut = [](const Bytes& nal) {
    return packetize_h264({nal}, 1200, PacketizationMode::NonInterleaved);
  };
  const Case cases[] = {
      {"first slice", p_slice(40), 1},
      {"later slice", p_slice(40, 1), 0},
      {"STAP-A", stap_a({p_slice(40)}), 1},
      {"STAP-A later", stap_a({p_slice(40, 9)}), 0},
      {"FU-A", cut(big)[0], 1},
      {"FU-A later slice", cut(rest)[0], 0},
      {"FU-A goes on", cut(big)[1], 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    normalizer = VideoNormalizer({.codec = Codec::H264, .parameter_sets = {}});
    start();
    push(c.payload, 2000, false, Loss::GapBefore);
    push(p_slice(40), 3000, false);
    EXPECT_THAT(take(), SizeIs(c.frames));
    EXPECT_EQ(stats().frames_dropped_damaged_total, 1 - c.frames);
  }
}

TEST_F(H264Normalizer, AnSpsWithAHoleIsNotKept) {
  start();
  Bytes long_sps = sps(0, 80, 45);
  long_sps.insert(long_sps.end(), 30, 0x55);
  const auto cut = packetize_h264({long_sps}, 16, PacketizationMode::NonInterleaved);
  push(cut[0], 2000, false);
  push(kPps, 2000, false, Loss::GapBefore);
  push(idr(40), 2000, true);
  push_all({idr(40)}, 3000);
  EXPECT_THAT(only(), ElementsAre(kSps, kPps, idr(40)));
}

TEST_F(H264Normalizer, DropsWhatBreaksThePayloadFormat) {
  const Bytes cases[] = {
      from_hex("5c01aabb"),          // FU-A without start
      from_hex("5c"),                // FU-A without header
      from_hex("7800ff6501"),        // STAP-A longer than its payload
      from_hex("78000178"),          // STAP-A in STAP-A
      from_hex("7900000001654100"),  // STAP-B
      from_hex("7d85000055"),        // FU-B
      from_hex("41"),                // a slice without body
  };
  uint32_t timestamp = 2000;
  for (const Bytes& bad : cases) {
    SCOPED_TRACE(timestamp);
    normalizer = VideoNormalizer({.codec = Codec::H264, .parameter_sets = {}});
    start();
    push(p_slice(40), ++timestamp, false);
    push(bad, timestamp, false);
    push(p_slice(40, 100), timestamp, true);
    EXPECT_THAT(take(), IsEmpty());
    EXPECT_EQ(stats().frames_dropped_invalid_total, 1u);
    EXPECT_TRUE(normalizer.needs_keyframe());
    push(p_slice(40), ++timestamp, true);
    EXPECT_THAT(only(), ElementsAre(p_slice(40)));
  }
}

TEST_F(H264Normalizer, BoundsTheSizeOfAFrame) {
  normalizer = VideoNormalizer(
      {.codec = Codec::H264, .parameter_sets = {kSps, kPps}, .max_frame_bytes = 10'000});
  start();
  for (uint32_t i = 0; i < 20; ++i) push(p_slice(1000, i), 2000, i == 19);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(stats().frames_dropped_invalid_total, 1u);
}

TEST_F(H264Normalizer, TheRestOfADroppedFrameIsDroppedToo) {
  start();
  push(p_slice(40), 2000, false);
  push(p_slice(40, 200), 2000, true, Loss::GapBefore);
  push(p_slice(40, 300), 2000, true);
  push(p_slice(40), 3000, true);
  push(p_slice(40), 4000, true);
  const auto out = take();
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_EQ(out[0].timestamp, RtpTimestamp{3000});
  EXPECT_EQ(stats().frames_dropped_damaged_total, 1u);
}

}  // namespace
}  // namespace sipcast
