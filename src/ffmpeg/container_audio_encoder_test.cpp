#include "ffmpeg/container_audio_encoder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "ffmpeg/aac_decoder_for_tests.hpp"
#include "ffmpeg/resampler.hpp"

namespace sipcast::ffmpeg {
namespace {

std::vector<float> impulse_at(size_t position, size_t count) {
  std::vector<float> samples(count);
  samples.at(position) = 0.9f;
  return samples;
}

int64_t loudest(const std::vector<float>& samples) {
  return std::ranges::max_element(samples, {}, [](float s) { return std::abs(s); }) -
         samples.begin();
}

TEST(ContainerAudioEncoder, TakesTheDelayOfAacOff) {
  auto encoder = ContainerAudioEncoder::create(FrameCodec::Aac, 64'000).value();
  std::vector<ContainerAudioEncoder::Block> blocks;
  ASSERT_TRUE(encoder.encode(impulse_at(5000, 1024 * 10), blocks));
  ASSERT_FALSE(blocks.empty());
  EXPECT_EQ(blocks.front().position, 0);
  AacDecoder decoder(*encoder.format());
  std::vector<float> decoded;
  for (const auto& block : blocks) {
    const auto samples = decoder.decode(block.payload);
    decoded.insert(decoded.end(), samples.begin(), samples.end());
  }
  EXPECT_NEAR(static_cast<double>(loudest(decoded)), 5000, 2);
}

TEST(ContainerAudioEncoder, SaysWhatADecoderNeeds) {
  const auto aac = ContainerAudioEncoder::create(FrameCodec::Aac, 64'000).value();
  EXPECT_EQ(aac.format()->setup.size() >= 2, true);
  EXPECT_EQ(aac.block_samples(), 1024);
  const auto opus = ContainerAudioEncoder::create(FrameCodec::Opus, 48'000).value();
  EXPECT_EQ(as_text(opus.format()->setup).substr(0, 8), "OpusHead");
  EXPECT_EQ(opus.block_samples(), 960);
  EXPECT_FALSE(ContainerAudioEncoder::create(FrameCodec::H264, 64'000));
}

TEST(Resampler, KeepsTimeAndStretchesWhenAsked) {
  for (const int rate : {8000, 16000, 48000}) {
    SCOPED_TRACE(rate);
    auto resampler = Resampler::create(rate, 48'000).value();
    std::vector<float> out;
    const std::vector<int16_t> block(static_cast<size_t>(rate / 50), 1000);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(resampler.convert(block, out));
    EXPECT_NEAR(static_cast<double>(out.size()) + static_cast<double>(resampler.delay()), 48'000,
                2);
    out.clear();
    for (int i = 0; i < 50; ++i) {
      resampler.stretch(480, 48'000);
      ASSERT_TRUE(resampler.convert(block, out));
    }
    EXPECT_NEAR(static_cast<double>(out.size()), 48'480, 20);
  }
  EXPECT_FALSE(Resampler::create(0, 48'000));
}

}  // namespace
}  // namespace sipcast::ffmpeg
