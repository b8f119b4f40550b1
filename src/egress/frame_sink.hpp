#pragma once
#include <optional>

#include "media/frame.hpp"
#include "stream/packet_sink.hpp"

namespace sipcast {

/// What is known of a source's clocks.
struct SourceClock {
  std::optional<double> drift_ppm;  ///< how much faster than ours its sound is, in millionths
  bool lip_sync = false;            ///< sender reports tie sound and picture together
};

/// Reads the frames of one stream. Called on the stream's loop; never blocks, never throws.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void on_tracks(const TrackList& tracks) = 0;  ///< First, and whenever they change.
  /// Audio without a hole; video from a keyframe on. In the order of each track; audio comes a
  /// little later than the video of its time.
  virtual void on_frame(const FramePtr& frame) = 0;
  virtual void on_clock(const SourceClock& clock) { (void)clock; }  ///< Now and then.
  virtual void on_end(EndReason reason) = 0;                        ///< Last.
};
using FrameSinkPtr = std::shared_ptr<FrameSink>;

}  // namespace sipcast
