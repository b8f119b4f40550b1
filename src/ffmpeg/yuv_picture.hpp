#pragma once
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace sipcast::ffmpeg {

/// An 8-bit 4:2:0 picture in BT.601, planes without padding.
struct YuvPicture {
  YuvPicture() = default;
  /// Black. Both sizes are even and positive.
  YuvPicture(int picture_width, int picture_height)
      : width(picture_width),
        height(picture_height),
        y(area(picture_width, picture_height), 16),
        u(area(picture_width / 2, picture_height / 2), 128),
        v(area(picture_width / 2, picture_height / 2), 128) {}

  enum class Range : uint8_t {
    Limited,  ///< black 16, white 235
    Full,     ///< black 0, white 255: what some phones' cameras give
  };

  int width = 0;
  int height = 0;
  Range range = Range::Limited;
  Bytes y;     ///< width x height
  Bytes u, v;  ///< width / 2 x height / 2

 private:
  static size_t area(int w, int h) { return static_cast<size_t>(w) * static_cast<size_t>(h); }
};

}  // namespace sipcast::ffmpeg
