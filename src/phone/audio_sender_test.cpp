#include "phone/audio_sender.hpp"

#include <gtest/gtest.h>

#include "phone/far_audio.hpp"
#include "phone/sound.hpp"

namespace sipcast::phone {
namespace {

sdp::SipMedia agreed(Codec codec, uint8_t payload_type) {
  sdp::SipMedia media;
  media.send = {.codec = codec, .payload_type = payload_type};
  media.telephone_event = 101;
  return media;
}

class EveryCodec : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, EveryCodec,
                         testing::Values(Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::Opus));

TEST_P(EveryCodec, CarriesTheToneToTheFarSide) {
  auto sender = AudioSender::create(Sound::Tone, agreed(GetParam(), 5));
  auto ear = FarAudio::create(GetParam());
  ASSERT_TRUE(sender && ear);
  for (uint64_t frame = 0; frame < 100; ++frame) {
    const auto packets = sender->frame(frame);
    ASSERT_TRUE(packets);
    ASSERT_EQ(packets->size(), 1u);
    const auto rtp = parse_rtp(packets->front());
    ASSERT_TRUE(rtp);
    EXPECT_EQ(rtp->payload_type, 5);
    EXPECT_EQ(rtp->marker, frame == 0);
    EXPECT_EQ(rtp->timestamp.value - sender->rtp().timestamp(Duration{}).value,
              frame * clock_rate_hz(GetParam()) / 50);
    ear->on_payload(rtp->payload);
  }
  EXPECT_EQ(ear->packets(), 100u);
  EXPECT_EQ(ear->undecodable(), 0u);
  EXPECT_NEAR(ear->level_dbfs(), -15, 1.5);  // a sine of a quarter of full scale
  EXPECT_NEAR(ear->tone_hz(), 440, 10);
}

TEST(AudioSender, SendsDigitsInPlaceOfTheTone) {
  auto sender = AudioSender::create(Sound::Tone, agreed(Codec::Pcmu, 0));
  ASSERT_TRUE(sender);
  DtmfReceiver receiver;
  std::string digits;
  sender->start_dtmf("42");
  std::optional<SequenceNumber> last;
  for (uint64_t frame = 0; frame < 40; ++frame) {
    const auto packets = sender->frame(frame);
    ASSERT_TRUE(packets);
    for (const Bytes& packet : *packets) {
      const auto rtp = parse_rtp(packet);
      ASSERT_TRUE(rtp);
      if (last) EXPECT_EQ(rtp->seq.distance_from(*last), 1);
      last = rtp->seq;
      if (rtp->payload_type != 101) continue;
      if (const auto digit = receiver.on_packet(rtp->payload, rtp->timestamp)) digits += *digit;
    }
  }
  EXPECT_EQ(digits, "42");
}

TEST(AudioSender, SendsNoDigitsToAPeerWithoutTelephoneEvent) {
  sdp::SipMedia media = agreed(Codec::Pcmu, 0);
  media.telephone_event.reset();
  auto sender = AudioSender::create(Sound::Tone, media);
  ASSERT_TRUE(sender);
  sender->start_dtmf("1");
  const auto packets = sender->frame(0);
  ASSERT_TRUE(packets);
  ASSERT_EQ(packets->size(), 1u);
  EXPECT_EQ(packets->front().size(), kRtpHeaderSize + 160);
}

TEST(FillSound, BeepsWhenThePictureFlashes) {
  std::vector<int16_t> second(8000);
  fill_sound(Sound::Beep, 8000, 5 * 8000, second);
  EXPECT_EQ(second[0], 0);
  EXPECT_GT(second[2], 10'000);  // a quarter of the first period
  EXPECT_NE(second[797], 0);
  for (size_t i = 800; i < second.size(); ++i) ASSERT_EQ(second[i], 0) << i;
  EXPECT_TRUE(is_flash(std::chrono::seconds(5)));
  EXPECT_TRUE(is_flash(std::chrono::milliseconds(5040)));
  EXPECT_FALSE(is_flash(std::chrono::milliseconds(5080)));
  EXPECT_FALSE(is_flash(std::chrono::milliseconds(4960)));
}

TEST(FarAudio, TellsSilenceFromNothing) {
  auto ear = FarAudio::create(Codec::Pcmu);
  ASSERT_TRUE(ear);
  EXPECT_EQ(ear->level_dbfs(), -99);
  ear->on_payload(Bytes(160, 0xff));
  EXPECT_EQ(ear->packets(), 1u);
  EXPECT_LT(ear->level_dbfs(), -60);
  EXPECT_EQ(ear->tone_hz(), 0);
}

}  // namespace
}  // namespace sipcast::phone
