#include "ffmpeg/audio_encoder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "ffmpeg/audio_decoder.hpp"

namespace sipcast::ffmpeg {
namespace {

struct Case {
  Codec codec;
  size_t samples;
  size_t payload;  // 0: varies
};
class EveryAudioCodec : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Codecs, EveryAudioCodec,
                         testing::Values(Case{Codec::Pcmu, 160, 160}, Case{Codec::Pcma, 160, 160},
                                         Case{Codec::G722, 320, 160}, Case{Codec::Opus, 960, 0}));

TEST_P(EveryAudioCodec, CarriesATone) {
  auto encoder = AudioEncoder::create({.codec = GetParam().codec});
  ASSERT_TRUE(encoder) << encoder.error().cause;
  auto decoder = AudioDecoder::create(GetParam().codec);
  ASSERT_TRUE(decoder) << decoder.error().cause;
  ASSERT_EQ(samples_per_frame(GetParam().codec), GetParam().samples);
  const double rate = sample_rate_hz(GetParam().codec);
  std::vector<int16_t> heard;
  for (int frame = 0; frame < 50; ++frame) {
    std::vector<int16_t> samples(GetParam().samples);
    for (size_t i = 0; i < samples.size(); ++i) {
      const double t =
          (frame * static_cast<double>(samples.size()) + static_cast<double>(i)) / rate;
      samples[i] =
          static_cast<int16_t>(std::lround(8000 * std::sin(2 * std::numbers::pi * 440 * t)));
    }
    const auto payload = encoder->encode(samples);
    ASSERT_TRUE(payload) << payload.error().cause;
    ASSERT_FALSE(payload->empty());
    if (GetParam().payload != 0) EXPECT_EQ(payload->size(), GetParam().payload);
    const auto decoded = decoder->decode(*payload);
    ASSERT_TRUE(decoded) << decoded.error().cause;
    heard.insert(heard.end(), decoded->begin(), decoded->end());
  }
  ASSERT_GE(heard.size(), 45 * GetParam().samples);
  double square = 0;
  int rises = 0;
  for (size_t i = heard.size() / 2; i < heard.size(); ++i) {
    square += double{static_cast<double>(heard[i])} * heard[i];
    rises += heard[i - 1] < 0 && heard[i] >= 0;
  }
  const double half = static_cast<double>(heard.size() - heard.size() / 2);
  EXPECT_NEAR(std::sqrt(square / half), 8000 / std::numbers::sqrt2, 800);
  EXPECT_NEAR(rises / (half / rate), 440, 10);
}

TEST(AudioEncoder, RefusesAnotherLengthThan20Ms) {
  auto encoder = AudioEncoder::create({.codec = Codec::Opus});
  ASSERT_TRUE(encoder);
  const auto payload = encoder->encode(std::vector<int16_t>(959));
  ASSERT_FALSE(payload);
  EXPECT_EQ(payload.error().code, Errc::InvalidArgument);
}

TEST(AudioEncoder, RefusesAVideoCodec) {
  EXPECT_FALSE(AudioEncoder::create({.codec = Codec::H264}));
  EXPECT_FALSE(AudioDecoder::create(Codec::Vp8));
}

TEST(AudioDecoder, GoesOnAfterNoise) {
  auto decoder = AudioDecoder::create(Codec::Opus);
  ASSERT_TRUE(decoder);
  EXPECT_FALSE(decoder->decode(Bytes{}));
  EXPECT_FALSE(decoder->decode(Bytes{0xff, 0xff}));  // code 3 with 63 frames in no byte
  auto encoder = AudioEncoder::create({.codec = Codec::Opus});
  const auto payload = encoder->encode(std::vector<int16_t>(960));
  ASSERT_TRUE(payload);
  EXPECT_TRUE(decoder->decode(*payload));
}

}  // namespace
}  // namespace sipcast::ffmpeg
