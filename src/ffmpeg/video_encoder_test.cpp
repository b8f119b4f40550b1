#include "ffmpeg/video_encoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ffmpeg/video_decoder.hpp"

namespace sipcast::ffmpeg {
namespace {

/// A gradient that moves: every frame differs, and none is easy for an encoder.
YuvPicture picture(int frame) {
  YuvPicture made(320, 180);
  for (int row = 0; row < made.height; ++row) {
    for (int column = 0; column < made.width; ++column) {
      made.y[static_cast<size_t>(row * made.width + column)] =
          static_cast<uint8_t>(16 + (column + row + 3 * frame) % 200);
    }
  }
  return made;
}

double mean_error(const YuvPicture& a, const YuvPicture& b) {
  double sum = 0;
  for (size_t i = 0; i < a.y.size(); ++i) sum += std::abs(a.y[i] - b.y[i]);
  return sum / static_cast<double>(a.y.size());
}

VideoEncoder::Options options(Codec codec) {
  return {.codec = codec, .width = 320, .height = 180, .bitrate_kbit = 800, .gop_frames = 10};
}

class EveryVideoCodec : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, EveryVideoCodec, testing::Values(Codec::H264, Codec::Vp8));

TEST_P(EveryVideoCodec, GivesEachPictureBackAtOnce) {
  auto encoder = VideoEncoder::create(options(GetParam()));
  ASSERT_TRUE(encoder) << encoder.error().cause;
  auto decoder = VideoDecoder::create(GetParam());
  ASSERT_TRUE(decoder) << decoder.error().cause;
  for (int frame = 0; frame < 25; ++frame) {
    SCOPED_TRACE(frame);
    const YuvPicture original = picture(frame);
    const auto encoded = encoder->encode(original, KeyframeWish::None);
    ASSERT_TRUE(encoded) << encoded.error().cause;
    EXPECT_EQ(encoded->keyframe, frame % 10 == 0);
    const auto decoded = decoder->decode(encoded->bytes);
    ASSERT_TRUE(decoded) << decoded.error().cause;
    ASSERT_TRUE(*decoded);
    ASSERT_EQ((*decoded)->width, 320);
    EXPECT_LT(mean_error(original, **decoded), 12);
  }
}

TEST_P(EveryVideoCodec, MakesAKeyframeWhenAsked) {
  VideoEncoder::Options rare = options(GetParam());
  rare.gop_frames = 0;
  auto encoder = VideoEncoder::create(rare);
  ASSERT_TRUE(encoder) << encoder.error().cause;
  for (int frame = 0; frame < 60; ++frame) {
    const bool asked = frame == 7 || frame == 8 || frame == 40;
    const auto encoded =
        encoder->encode(picture(frame), asked ? KeyframeWish::Now : KeyframeWish::None);
    ASSERT_TRUE(encoded) << encoded.error().cause;
    EXPECT_EQ(encoded->keyframe, frame == 0 || asked) << frame;
  }
}

TEST(H264Encoder, PutsTheSameParameterSetsInFrontOfEveryKeyframe) {
  auto encoder = VideoEncoder::create(options(Codec::H264));
  ASSERT_TRUE(encoder) << encoder.error().cause;
  const auto& sets = encoder->parameter_sets();
  ASSERT_EQ(sets.size(), 2u);
  EXPECT_EQ(sets[0][0] & 0x1f, 7);
  EXPECT_EQ(sets[0][1], 66);           // baseline
  EXPECT_EQ(sets[0][2] & 0x40, 0x40);  // constrained
  EXPECT_EQ(sets[1][0] & 0x1f, 8);
  for (int frame = 0; frame < 21; ++frame) {
    const auto encoded = encoder->encode(picture(frame), KeyframeWish::None);
    ASSERT_TRUE(encoded);
    const bool found = std::ranges::search(encoded->bytes, sets[0]).begin() != encoded->bytes.end();
    EXPECT_EQ(found, encoded->keyframe) << frame;
  }
}

TEST(H264Encoder, KeepsNalUnitsBelowTheLimitOfMode0) {
  VideoEncoder::Options small = options(Codec::H264);
  small.bitrate_kbit = 4000;
  small.max_nal_bytes = 1000;
  auto encoder = VideoEncoder::create(small);
  ASSERT_TRUE(encoder) << encoder.error().cause;
  size_t largest = 0, whole = 0;
  for (int frame = 0; frame < 20; ++frame) {
    const auto encoded = encoder->encode(picture(frame), KeyframeWish::None);
    ASSERT_TRUE(encoded);
    const Bytes& bytes = encoded->bytes;
    whole = std::max(whole, bytes.size());
    size_t start = 0;
    for (size_t i = 0; i + 3 <= bytes.size(); ++i) {
      if (bytes[i] != 0 || bytes[i + 1] != 0 || bytes[i + 2] != 1) continue;
      if (start != 0) largest = std::max(largest, i - start);
      start = i + 3;
    }
    largest = std::max(largest, bytes.size() - start);
  }
  EXPECT_GT(whole, 3000u);
  EXPECT_LE(largest, 1000u);
}

TEST(VideoEncoder, NamesTheOptionThatIsWrong) {
  struct Case {
    const char* name;
    VideoEncoder::Options options;
  };
  const Case cases[] = {
      {"odd width", {.width = 321}},
      {"no height", {.height = 0}},
      {"fps", {.fps = 0}},
      {"bitrate", {.bitrate_kbit = 1}},
      {"negative GOP", {.gop_frames = -1}},
      {"tiny slices", {.max_nal_bytes = 10}},
      {"audio", {.codec = Codec::Opus}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto encoder = VideoEncoder::create(c.options);
    ASSERT_FALSE(encoder);
    EXPECT_EQ(encoder.error().code, Errc::InvalidArgument);
    EXPECT_FALSE(encoder.error().cause.empty());
  }
}

TEST(VideoEncoder, RefusesAPictureOfAnotherSize) {
  auto encoder = VideoEncoder::create(options(Codec::H264));
  ASSERT_TRUE(encoder);
  const auto encoded = encoder->encode(YuvPicture(64, 64), KeyframeWish::None);
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, Errc::InvalidArgument);
}

TEST(VideoDecoder, RefusesNoise) {
  auto decoder = VideoDecoder::create(Codec::Vp8);
  ASSERT_TRUE(decoder);
  EXPECT_FALSE(decoder->decode(Bytes{}));
  EXPECT_FALSE(decoder->decode(Bytes(20, 0xff)));
}

}  // namespace
}  // namespace sipcast::ffmpeg
