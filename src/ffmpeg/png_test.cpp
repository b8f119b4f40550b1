#include "ffmpeg/png.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
}
#include <gtest/gtest.h>

#include <algorithm>

#include "ffmpeg/libav_handles.hpp"

namespace sipcast::ffmpeg {
namespace {

struct Rgb {
  int red, green, blue;
};

/// The first pixel of a PNG file of the given size, by FFmpeg's own decoder.
Rgb first_pixel(const Bytes& file, int width, int height) {
  auto coder = make_decoder("png");
  EXPECT_TRUE(coder);
  EXPECT_GE(avcodec_open2(coder->context.get(), nullptr, nullptr), 0);
  EXPECT_GE(av_new_packet(coder->packet.get(), static_cast<int>(file.size())), 0);
  std::ranges::copy(file, coder->packet->data);
  EXPECT_GE(avcodec_send_packet(coder->context.get(), coder->packet.get()), 0);
  EXPECT_GE(avcodec_receive_frame(coder->context.get(), coder->frame.get()), 0);
  EXPECT_EQ(coder->frame->width, width);
  EXPECT_EQ(coder->frame->height, height);
  const uint8_t* pixel = coder->frame->data[0];
  return {pixel[0], pixel[1], pixel[2]};
}

TEST(Png, ShowsTheColoursOfBothRanges) {
  struct Case {
    YuvPicture::Range range;
    uint8_t y, u, v;
    Rgb expected;
  };
  using enum YuvPicture::Range;
  for (const Case& c :
       {Case{Limited, 16, 128, 128, {0, 0, 0}}, Case{Limited, 235, 128, 128, {255, 255, 255}},
        Case{Limited, 81, 90, 240, {255, 0, 0}}, Case{Limited, 145, 54, 34, {0, 255, 0}},
        Case{Limited, 41, 240, 110, {0, 0, 255}}, Case{Full, 0, 128, 128, {0, 0, 0}},
        Case{Full, 255, 128, 128, {255, 255, 255}}, Case{Full, 76, 85, 255, {255, 0, 0}}}) {
    YuvPicture picture(18, 10);
    picture.range = c.range;
    std::ranges::fill(picture.y, c.y);
    std::ranges::fill(picture.u, c.u);
    std::ranges::fill(picture.v, c.v);
    const auto file = encode_png(picture);
    ASSERT_TRUE(file);
    const Rgb seen = first_pixel(*file, 18, 10);
    EXPECT_NEAR(seen.red, c.expected.red, 2);
    EXPECT_NEAR(seen.green, c.expected.green, 2);
    EXPECT_NEAR(seen.blue, c.expected.blue, 2);
  }
}

TEST(Png, OfNothingIsRefused) { EXPECT_FALSE(encode_png(YuvPicture{})); }

}  // namespace
}  // namespace sipcast::ffmpeg
