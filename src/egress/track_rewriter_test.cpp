#include "egress/track_rewriter.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sipcast {
namespace {

constexpr uint32_t kFrame = 3600;  // 25 frames a second

Packet video(uint32_t sequence, uint32_t timestamp) {
  return {.kind = MediaKind::Video,
          .sequence = sequence,
          .timestamp = RtpTimestamp{timestamp},
          .arrival = {},
          .marker = true,
          .keyframe_start = false,
          .payload = Bytes(10)};
}
sdp::ViewerTrack track() { return {.codec = Codec::H264, .payload_type = 102, .ssrc = Ssrc{7}}; }
int32_t step(const RtpHeader& from, const RtpHeader& to) {
  return static_cast<int32_t>(to.timestamp.value - from.timestamp.value);
}

TEST(TrackRewriter, AReplayRisesStrictlyAndEndsAtTheLiveEdge) {
  TrackRewriter rewriter(track());
  const uint32_t base = 0xffffff00u;  // wraps on the way
  rewriter.start_replay(1000, RtpTimestamp{base}, RtpTimestamp{base + 200 * kFrame});
  std::vector<RtpHeader> out;
  for (uint32_t i = 0; i <= 202; ++i)
    out.push_back(rewriter.next(video(1000 + i, base + i * kFrame)));
  for (size_t i = 1; i < out.size(); ++i) {
    EXPECT_EQ(out[i].seq, out[i - 1].seq.plus(1));
    EXPECT_EQ(step(out[i - 1], out[i]), static_cast<int32_t>(i <= 200 ? kFrame / 2 : kFrame)) << i;
  }
  EXPECT_EQ(rewriter.outgoing(RtpTimestamp{base + 202 * kFrame}), out[202].timestamp);
}

TEST(TrackRewriter, ASecondReplayContinuesSequenceAndTime) {
  TrackRewriter rewriter(track());
  rewriter.start_replay(0, RtpTimestamp{0}, RtpTimestamp{100 * kFrame});
  RtpHeader last;
  for (uint32_t i = 0; i <= 150; ++i) last = rewriter.next(video(i, i * kFrame));
  rewriter.start_replay(0, RtpTimestamp{0}, RtpTimestamp{150 * kFrame});
  for (uint32_t i = 0; i <= 155; ++i) {
    const RtpHeader header = rewriter.next(video(i, i * kFrame));
    EXPECT_EQ(header.seq, last.seq.plus(1));
    EXPECT_GT(step(last, header), 0) << i;
    last = header;
  }
  EXPECT_EQ(rewriter.outgoing(RtpTimestamp{155 * kFrame}), last.timestamp);
}

TEST(TrackRewriter, AResendHasTheHeaderOfTheFirstSendingAlsoAcrossSeams) {
  TrackRewriter rewriter(track());
  rewriter.start_replay(500, RtpTimestamp{0}, RtpTimestamp{10 * kFrame});
  std::vector<std::pair<Packet, RtpHeader>> sent;
  for (uint32_t i = 0; i < 20; ++i) {
    const Packet packet = video(500 + i, i * kFrame);
    sent.emplace_back(packet, rewriter.next(packet));
  }
  rewriter.start_live(600, RtpTimestamp{100 * kFrame});  // what was between is left out
  for (uint32_t i = 100; i < 120; ++i) {
    const Packet packet = video(500 + i, i * kFrame);
    sent.emplace_back(packet, rewriter.next(packet));
  }
  for (const auto& [packet, header] : sent) {
    ASSERT_EQ(rewriter.stream_sequence(header.seq), packet.sequence);
    const auto again = rewriter.again(packet);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->seq, header.seq);
    EXPECT_EQ(again->timestamp, header.timestamp);
  }
  EXPECT_FALSE(rewriter.stream_sequence(sent.back().second.seq.plus(1))) << "never sent";
  EXPECT_FALSE(rewriter.again(video(560, 60 * kFrame))) << "never sent";
}

TEST(TrackRewriter, FollowsAnotherCodecByTheViewersOwnPayloadTypes) {
  sdp::ViewerTrack both = track();
  both.formats = {
      {.codec = Codec::H264, .payload_type = 102, .rtx_payload_type = 103, .nack = true},
      {.codec = Codec::Vp8, .payload_type = 96, .rtx_payload_type = 97, .nack = true}};
  TrackRewriter rewriter(both);
  rewriter.start_live(0, RtpTimestamp{0});
  const Packet before = video(0, 0);
  const RtpHeader first = rewriter.next(before);
  EXPECT_FALSE(rewriter.follow(Codec::H264)) << "as it was";
  EXPECT_TRUE(rewriter.follow(Codec::Vp8));
  EXPECT_TRUE(rewriter.playable());
  EXPECT_FALSE(rewriter.started()) << "until its keyframe";
  rewriter.start_live(5, RtpTimestamp{5 * kFrame});
  const RtpHeader second = rewriter.next(video(5, 5 * kFrame));
  EXPECT_EQ(first.payload_type, 102);
  EXPECT_EQ(second.payload_type, 96);
  EXPECT_EQ(rewriter.track().rtx_payload_type, 97);
  EXPECT_EQ(second.seq, first.seq.plus(1));
  EXPECT_EQ(second.ssrc, first.ssrc);
  EXPECT_GT(step(first, second), 0);
  EXPECT_EQ(rewriter.again(before)->payload_type, 102) << "a resend is what it was";
}

TEST(TrackRewriter, PausesForACodecThatTheViewerDoesNotHave) {
  sdp::ViewerTrack one = track();
  one.formats = {{.codec = Codec::H264, .payload_type = 102}};
  TrackRewriter rewriter(one);
  rewriter.start_live(0, RtpTimestamp{0});
  const RtpHeader before = rewriter.next(video(0, 0));
  EXPECT_TRUE(rewriter.follow(Codec::Vp8));
  EXPECT_FALSE(rewriter.playable());
  EXPECT_FALSE(rewriter.follow(std::nullopt)) << "nothing comes, as before";
  EXPECT_TRUE(rewriter.follow(Codec::H264));
  rewriter.start_live(90, RtpTimestamp{90 * kFrame});
  EXPECT_EQ(rewriter.next(video(90, 90 * kFrame)).seq, before.seq.plus(1));
}

TEST(TrackRewriter, FindsTheNewestPacketAfterTheNumbersWrapped) {
  TrackRewriter rewriter(track());
  rewriter.start_live(0, RtpTimestamp{0});
  RtpHeader last;
  for (uint32_t i = 0; i < 70000; ++i) last = rewriter.next(video(i, i));
  EXPECT_EQ(rewriter.stream_sequence(last.seq), 69999u);
}

}  // namespace
}  // namespace sipcast
