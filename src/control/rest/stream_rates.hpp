#pragma once
#include <map>
#include <string>
#include <vector>

#include "control/media_worker.hpp"

namespace sipcast::rest {

/// Rates out of counters that only rise: of each stream, since it was last asked about, or since
/// its first medium. Several who ask share one window, so it is never shorter than a second. One
/// thread.
class StreamRates {
 public:
  struct Rates {
    uint64_t video_bps = 0, audio_bps = 0;
    double video_fps = 0;
  };
  /// Streams that are not in `streams` are forgotten.
  std::map<std::string, Rates> measure(const std::vector<StreamInfo>& streams, Instant now);

 private:
  struct Window {
    Instant since;
    StreamStats at_since;
    Rates last;
  };
  std::map<std::string, Window> windows_;
};

}  // namespace sipcast::rest
