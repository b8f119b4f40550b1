#pragma once
#include <array>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "media/frame.hpp"

namespace sipcast {

/// A black picture for targets that want video of a call that has none. Coded once; every frame is
/// a keyframe. One thread at a time.
class Slate {
 public:
  static constexpr Duration kInterval = std::chrono::milliseconds(500);
  /// Errors: those of the encoder.
  static Result<Slate> create();
  /// Pictures up to `until`, the first one at the time of the first call.
  std::vector<FramePtr> up_to(Instant until);
  /// The next picture is at the time of the next call.
  void restart() { next_.reset(); }

 private:
  FrameFormatPtr format_;
  std::array<Bytes, 2> pictures_;  // of ffmpeg::BlackPictures, as samples
  size_t number_ = 0;
  std::optional<Instant> next_;
};

}  // namespace sipcast
