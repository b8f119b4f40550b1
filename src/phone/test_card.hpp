#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "ffmpeg/yuv_picture.hpp"

namespace sipcast::phone {

/// Draws the test card: a barcode across the top that machines read, a clock that people read, and
/// a bar that moves. The barcode is 20 cells in a strip of 32/360 of the height: white, black, 16
/// bits (most significant first), even parity, white. At 640x360 a cell is 32x32 pixels.
class TestCard {
 public:
  enum class Ground : uint8_t {
    Colours,  ///< colour bars
    Dark,     ///< black
    White     ///< the flash
  };
  struct Moment {
    uint16_t timecode = 0;
    Duration media_time{};   ///< moves the bar: once across in 4 s
    std::string_view clock;  ///< digits, ':' and '.'; others are left blank
    Ground ground = Ground::Colours;
  };
  /// Even sizes, at least 160x90.
  TestCard(int width, int height);
  /// Valid until the next call.
  const ffmpeg::YuvPicture& draw(const Moment& moment);

 private:
  ffmpeg::YuvPicture colours_;
  ffmpeg::YuvPicture picture_;
};

/// The value of the barcode; none when it is damaged.
std::optional<uint16_t> read_timecode(const ffmpeg::YuvPicture& picture);

/// "HH:MM:SS.mmm" in local time.
std::string clock_text(WallTime now);

}  // namespace sipcast::phone
