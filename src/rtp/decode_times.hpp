#pragma once
#include <algorithm>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace sipcast {

/// Decoding times of a video track from its presentation times, which come in decoding order. They
/// are the same until a frame steps back in time: then the stream has B-frames, and the decoding
/// times are the presentation times in order, as many frames late as the reordering is deep.
class DecodeTimes {
 public:
  /// The frame's decoding time: later than the one before, at most `pts`. None for the few frames
  /// that show that the reordering is deeper than was known: they must be dropped.
  std::optional<Instant> next(Instant pts) {
    const Duration late = std::chrono::milliseconds(20) * depth_;
    recent_.insert(std::ranges::upper_bound(recent_, pts), pts);
    if (recent_.size() > depth_ + 1) recent_.erase(recent_.begin());
    Instant dts = recent_.size() == depth_ + 1 ? recent_.front() : recent_.front() - late;
    if (dts > pts && depth_ < kMaxDepth) ++depth_;
    if (last_ && dts <= *last_) dts = *last_ + std::chrono::milliseconds(1);
    if (dts > pts) return {};
    last_ = dts;
    return dts;
  }
  /// Frames that a picture may come before its place in the order of showing; 0 without B-frames.
  size_t depth() const { return depth_; }

 private:
  static constexpr size_t kMaxDepth = 4;
  size_t depth_ = 0;
  std::vector<Instant> recent_;  // the latest of the presentation times, in order
  std::optional<Instant> last_;
};

}  // namespace sipcast
