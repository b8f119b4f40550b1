#include "phone/test_card.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <ctime>
#include <string>

namespace sipcast::phone {
namespace {

using ffmpeg::YuvPicture;

struct Colour {
  uint8_t y, u, v;
};
constexpr Colour kBlack{16, 128, 128};
constexpr Colour kWhite{235, 128, 128};
constexpr int kCells = 20;

// BT.601 bars at 75 %: grey, yellow, cyan, green, magenta, red, blue.
constexpr std::array<Colour, 7> kBars{{{180, 128, 128},
                                       {162, 44, 142},
                                       {131, 156, 44},
                                       {112, 72, 58},
                                       {84, 184, 198},
                                       {65, 100, 212},
                                       {35, 212, 114}}};

// 5 columns x 7 rows a glyph, a row a byte, the left column in bit 4.
constexpr std::array<std::array<uint8_t, 7>, 12> kGlyphs{{
    {0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e},  // 0
    {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e},  // 1
    {0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f},  // 2
    {0x0e, 0x11, 0x01, 0x06, 0x01, 0x11, 0x0e},  // 3
    {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02},  // 4
    {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e},  // 5
    {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e},  // 6
    {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08},  // 7
    {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e},  // 8
    {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c},  // 9
    {0x00, 0x04, 0x04, 0x00, 0x04, 0x04, 0x00},  // :
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0c},  // .
}};

const std::array<uint8_t, 7>* glyph_of(char c) {
  if (c >= '0' && c <= '9') return &kGlyphs[static_cast<size_t>(c - '0')];
  if (c == ':') return &kGlyphs[10];
  if (c == '.') return &kGlyphs[11];
  return nullptr;
}

void fill_plane(Bytes& plane, int stride, int left, int top, int right, int bottom, uint8_t value) {
  for (int row = top; row < bottom; ++row) {
    std::fill_n(plane.begin() + static_cast<ptrdiff_t>(row) * stride + left, right - left, value);
  }
}

/// Fills [left, right) x [top, bottom), cut at the edges of the picture.
void fill(YuvPicture& picture, int left, int top, int right, int bottom, Colour colour) {
  left = std::clamp(left, 0, picture.width);
  right = std::clamp(right, left, picture.width);
  top = std::clamp(top, 0, picture.height);
  bottom = std::clamp(bottom, top, picture.height);
  const int half = picture.width / 2;
  fill_plane(picture.y, picture.width, left, top, right, bottom, colour.y);
  fill_plane(picture.u, half, left / 2, top / 2, right / 2, bottom / 2, colour.u);
  fill_plane(picture.v, half, left / 2, top / 2, right / 2, bottom / 2, colour.v);
}

int barcode_height(int picture_height) { return picture_height * 32 / 360; }
int cell_left(int picture_width, int cell) { return picture_width * cell / kCells; }

void draw_barcode(YuvPicture& picture, uint16_t value) {
  const int height = barcode_height(picture.height);
  const auto cell = [&](int index, bool white) {
    fill(picture, cell_left(picture.width, index), 0, cell_left(picture.width, index + 1), height,
         white ? kWhite : kBlack);
  };
  cell(0, true);
  cell(1, false);
  for (int bit = 0; bit < 16; ++bit) cell(2 + bit, (value >> (15 - bit) & 1) != 0);
  cell(18, std::popcount(value) % 2 != 0);
  cell(19, true);
}

void draw_text(YuvPicture& picture, std::string_view text, int left, int top, int scale,
               Colour colour) {
  for (const char c : text) {
    const auto* glyph = glyph_of(c);
    for (int row = 0; glyph != nullptr && row < 7; ++row) {
      for (int column = 0; column < 5; ++column) {
        if (((*glyph)[static_cast<size_t>(row)] >> (4 - column) & 1) == 0) continue;
        const int x = left + column * scale, y = top + row * scale;
        fill(picture, x, y, x + scale, y + scale, colour);
      }
    }
    left += 6 * scale;
  }
}

YuvPicture make_colours(int width, int height) {
  YuvPicture picture(width, height);
  const int bars = static_cast<int>(kBars.size());
  for (int bar = 0; bar < bars; ++bar) {
    const int left = width * bar / bars & ~1, right = width * (bar + 1) / bars & ~1;
    fill(picture, left, barcode_height(height), bar + 1 == bars ? width : right, height,
         kBars[static_cast<size_t>(bar)]);
  }
  return picture;
}

}  // namespace

TestCard::TestCard(int width, int height)
    : colours_(make_colours(width, height)), picture_(width, height) {}

const YuvPicture& TestCard::draw(const Moment& moment) {
  const int width = picture_.width, height = picture_.height;
  if (moment.ground == Ground::Colours) {
    picture_ = colours_;
  } else {
    fill(picture_, 0, 0, width, height, moment.ground == Ground::White ? kWhite : kBlack);
  }
  // The clock: 12 characters of 6 columns, on a black ground of its own.
  const int scale = std::max(2, width / 80 & ~1);
  const int text_width = 12 * 6 * scale, top = height * 3 / 8;
  const int left = (width - text_width) / 2 & ~1;
  if (moment.ground != Ground::White) {
    fill(picture_, left - 2 * scale, top - 2 * scale, left + text_width + scale, top + 9 * scale,
         kBlack);
  }
  draw_text(picture_, moment.clock, left, top, scale,
            moment.ground == Ground::White ? kBlack : kWhite);
  // The bar: over the lower quarter, once across in 4 s.
  const int64_t phase_ms = to_ms(moment.media_time) % 4000;
  const int bar = static_cast<int>(phase_ms * width / 4000) & ~1;
  if (moment.ground != Ground::White) {
    fill(picture_, 0, height * 3 / 4, width, height, kBlack);
    fill(picture_, bar, height * 3 / 4, bar + width / 16, height, kWhite);
  }
  draw_barcode(picture_, moment.timecode);
  return picture_;
}

std::optional<uint16_t> read_timecode(const YuvPicture& picture) {
  if (picture.width < kCells || picture.height < 90) return {};
  const auto row = static_cast<size_t>(barcode_height(picture.height) / 2);
  const auto cell = [&](int index) {
    const int middle = (cell_left(picture.width, index) + cell_left(picture.width, index + 1)) / 2;
    return picture.y[row * static_cast<size_t>(picture.width) + static_cast<size_t>(middle)] > 128;
  };
  unsigned value = 0;
  for (int bit = 0; bit < 16; ++bit) value = value << 1 | (cell(2 + bit) ? 1u : 0u);
  const bool parity = std::popcount(value) % 2 != 0;
  if (!cell(0) || cell(1) || cell(18) != parity || !cell(19)) return {};
  return static_cast<uint16_t>(value);
}

std::string clock_text(WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec, ms);
}

}  // namespace sipcast::phone
