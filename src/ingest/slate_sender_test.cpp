#include "ingest/slate_sender.hpp"

#include <gtest/gtest.h>

#include "ffmpeg/video_decoder.hpp"
#include "rtp/frame_depacketizer.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

TEST(SlateSender, BlackPicturesThatDecodeInEveryCodecAndMode) {
  const auto pictures =
      std::make_shared<const ffmpeg::BlackPictures>(ffmpeg::BlackPictures::make().value());
  const sdp::SipCodec codecs[] = {
      {.codec = Codec::H264, .payload_type = 97, .packetization_mode = 0},
      {.codec = Codec::H264, .payload_type = 96, .packetization_mode = 1},
      {.codec = Codec::Vp8, .payload_type = 98}};
  for (const sdp::SipCodec& codec : codecs) {
    SlateSender sender(pictures, codec, Instant{});
    EXPECT_FALSE(sender.report(Instant{}, WallTime{}));
    auto decoder = ffmpeg::VideoDecoder::create(codec.codec).value();
    std::optional<RtpHeader> last;
    for (int second = 0; second < 4; ++second) {
      std::vector<Bytes> payloads;
      for (const Bytes& packet : sender.next(Instant{} + second * 1s)) {
        const auto rtp = parse_rtp(packet);
        ASSERT_TRUE(rtp);
        EXPECT_LE(packet.size(), 1212u);
        EXPECT_EQ(rtp->payload_type, codec.payload_type);
        if (last) EXPECT_EQ(rtp->seq, last->seq.plus(1));
        if (last && last->marker) EXPECT_EQ(rtp->timestamp.value, last->timestamp.value + 90'000);
        last = RtpHeader{.marker = rtp->marker,
                         .payload_type = rtp->payload_type,
                         .seq = rtp->seq,
                         .timestamp = rtp->timestamp,
                         .ssrc = rtp->ssrc};
        payloads.emplace_back(rtp->payload.begin(), rtp->payload.end());
      }
      EXPECT_TRUE(last && last->marker);
      const auto picture = decoder.decode(depacketize_frame(codec.codec, payloads).value());
      ASSERT_TRUE(picture && *picture);
      EXPECT_EQ((*picture)->width, ffmpeg::BlackPictures::kWidth);
      EXPECT_NEAR((*picture)->y[(*picture)->y.size() / 2], 16, 2);
    }
    const auto report = sender.report(Instant{} + 4s, WallTime{});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->timestamp.value, last->timestamp.value + 90'000);
  }
}

}  // namespace
}  // namespace sipcast
