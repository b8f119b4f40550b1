#pragma once
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace sipcast::ffmpeg {

/// An 8-bit 4:2:0 picture in BT.601 limited range (black 16, white 235), planes without padding.
struct YuvPicture {
  YuvPicture() = default;
  /// Black. Both sizes are even and positive.
  YuvPicture(int picture_width, int picture_height)
      : width(picture_width),
        height(picture_height),
        y(area(picture_width, picture_height), 16),
        u(area(picture_width / 2, picture_height / 2), 128),
        v(area(picture_width / 2, picture_height / 2), 128) {}

  int width = 0;
  int height = 0;
  Bytes y;     ///< width x height
  Bytes u, v;  ///< width / 2 x height / 2

 private:
  static size_t area(int w, int h) { return static_cast<size_t>(w) * static_cast<size_t>(h); }
};

}  // namespace sipcast::ffmpeg
