#pragma once
#include <cstdint>
#include <optional>

namespace sipcast::ws {

/// Judges once a second, by a viewer's receiver reports, whether its network carries the video.
class BandwidthWatch {
 public:
  struct Second {
    uint64_t sent_bps = 0;        ///< video, in this second
    double fraction_lost = 0;     ///< RFC 3550 §6.4.1, 0 to 1
    uint64_t keyframe_skips = 0;  ///< so far: a TCP connection that was too slow
    uint64_t remb_bps = 0;        ///< what the browser says that it can get; 0: nothing
  };
  /// What the network carries, in bit/s, when that is not enough: three bad seconds in a row, or
  /// video left out. Not again within ten seconds.
  std::optional<uint64_t> judge(const Second& second);

 private:
  int bad_ = 0;
  int quiet_ = 0;  // seconds to be silent
  uint64_t skips_ = 0;
};

}  // namespace sipcast::ws
