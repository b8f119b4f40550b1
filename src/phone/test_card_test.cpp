#include "phone/test_card.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "ffmpeg/video_decoder.hpp"
#include "ffmpeg/video_encoder.hpp"

namespace sipcast::phone {
namespace {

double mean_luma(const ffmpeg::YuvPicture& picture) {
  return std::accumulate(picture.y.begin(), picture.y.end(), 0.0) /
         static_cast<double>(picture.y.size());
}

TEST(TestCard, ShowsEveryTimecode) {
  TestCard card(640, 360);
  for (unsigned value = 0; value < 65'536; value += 97) {
    const auto read = read_timecode(card.draw({.timecode = static_cast<uint16_t>(value)}));
    ASSERT_TRUE(read) << value;
    ASSERT_EQ(*read, value);
  }
}

TEST(TestCard, PutsTheCellsWhereTheLabLooks) {
  TestCard card(640, 360);
  const auto& picture = card.draw({.timecode = 0x8001});
  const auto white = [&](size_t cell) { return picture.y[16 * 640 + 32 * cell + 16] == 235; };
  EXPECT_TRUE(white(0));
  EXPECT_FALSE(white(1));
  EXPECT_TRUE(white(2));  // bit 15
  for (size_t cell = 3; cell < 17; ++cell) EXPECT_FALSE(white(cell)) << cell;
  EXPECT_TRUE(white(17));   // bit 0
  EXPECT_FALSE(white(18));  // two ones: even
  EXPECT_TRUE(white(19));
  EXPECT_EQ(picture.y[31 * 640], 235);  // the last row of the strip
}

TEST(TestCard, ShowsItsTimecodeInEverySizeAndGround) {
  for (const auto& [width, height] :
       {std::pair{160, 90}, {176, 144}, {352, 288}, {640, 480}, {1280, 720}, {1920, 1080}}) {
    for (const auto ground :
         {TestCard::Ground::Colours, TestCard::Ground::Dark, TestCard::Ground::White}) {
      TestCard card(width, height);
      EXPECT_EQ(read_timecode(card.draw({.timecode = 0xbeef,
                                         .media_time = std::chrono::milliseconds(3999),
                                         .clock = "23:59:59.999",
                                         .ground = ground})),
                0xbeef)
          << width << "x" << height;
    }
  }
}

TEST(TestCard, HasAnUnreadableBarcodeWhenABitIsWrong) {
  TestCard card(640, 360);
  ffmpeg::YuvPicture picture = card.draw({.timecode = 5});
  for (size_t row = 0; row < 32; ++row) {
    for (size_t column = 0; column < 32; ++column) picture.y[row * 640 + 64 + column] = 235;
  }
  EXPECT_FALSE(read_timecode(picture));
  EXPECT_FALSE(read_timecode(ffmpeg::YuvPicture(640, 360)));
  EXPECT_FALSE(read_timecode(ffmpeg::YuvPicture()));
}

TEST(TestCard, MovesAndTicks) {
  TestCard card(640, 360);
  const ffmpeg::YuvPicture first = card.draw({.clock = "00:00:00.000"});
  const ffmpeg::YuvPicture later =
      card.draw({.media_time = std::chrono::milliseconds(40), .clock = "00:00:00.000"});
  const ffmpeg::YuvPicture ticked = card.draw({.clock = "00:00:00.040"});
  EXPECT_NE(first.y, later.y);
  EXPECT_NE(first.y, ticked.y);
}

TEST(TestCard, IsBrightOnlyInAFlash) {
  TestCard card(640, 360);
  const TestCard::Moment dark{
      .timecode = 0xffff, .clock = "08:08:08.888", .ground = TestCard::Ground::Dark};
  TestCard::Moment white = dark;
  white.ground = TestCard::Ground::White;
  EXPECT_LT(mean_luma(card.draw(dark)), 80);
  EXPECT_GT(mean_luma(card.draw(white)), 180);
}

TEST(TestCard, IsReadableAfterTheEncoders) {
  for (const Codec codec : {Codec::H264, Codec::Vp8}) {
    TestCard card(640, 360);
    auto encoder = ffmpeg::VideoEncoder::create({.codec = codec, .bitrate_kbit = 300});
    auto decoder = ffmpeg::VideoDecoder::create(codec);
    ASSERT_TRUE(encoder && decoder);
    for (uint16_t frame = 0; frame < 60; ++frame) {
      const auto value = static_cast<uint16_t>(frame * 1103);
      const auto encoded = encoder->encode(
          card.draw({.timecode = value, .media_time = frame * std::chrono::milliseconds(40)}),
          ffmpeg::KeyframeWish::None);
      ASSERT_TRUE(encoded) << encoded.error().cause;
      const auto decoded = decoder->decode(encoded->bytes);
      ASSERT_TRUE(decoded && *decoded);
      EXPECT_EQ(read_timecode(**decoded), value);
    }
  }
}

TEST(ClockText, HasMilliseconds) {
  const std::string text = clock_text(WallTime(std::chrono::milliseconds(1'700'000'000'042)));
  ASSERT_EQ(text.size(), 12u);
  EXPECT_EQ(text.substr(5), ":20.042");
}

}  // namespace
}  // namespace sipcast::phone
