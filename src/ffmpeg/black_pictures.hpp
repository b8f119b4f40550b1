#pragma once
#include <array>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sipcast::ffmpeg {

/// A black picture, coded once for each codec; every frame is a keyframe.
struct BlackPictures {
  static constexpr int kWidth = 640, kHeight = 360;
  /// Annex B, each with SPS and PPS in front. Two, for consecutive IDR pictures differ in
  /// idr_pic_id (ITU-T H.264 §7.4.3).
  std::array<Bytes, 2> h264;
  Bytes vp8;

  /// Errors: those of VideoEncoder.
  static Result<BlackPictures> make();
};

}  // namespace sipcast::ffmpeg
