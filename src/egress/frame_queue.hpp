#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "egress/frame_sink.hpp"

namespace sipcast {

struct FrameQueueStats {
  uint64_t frames_total = 0;
  uint64_t dropped_total = 0;  ///< frames: the reader was too slow, or had to begin anew
  uint64_t overflows_total = 0;
  size_t bytes = 0;  ///< waiting
};

/// Between a stream's loop, which never waits, and one thread that may: a push, a disk. Bounded:
/// when it is full all that waits is dropped, and pictures up to the next keyframe.
class FrameQueue final : public FrameSink {
 public:
  struct Options {
    size_t max_bytes = 8u << 20;
    Duration max_span = std::chrono::seconds(10);  ///< between the oldest and the newest frame
  };
  /// What came since the last take().
  struct Taken {
    std::optional<TrackList> tracks;  ///< when they changed
    std::vector<FramePtr> frames;
    std::optional<SourceClock> clock;  ///< the newest that is known
    bool lost = false;                 ///< frames were dropped in front of these
    std::optional<EndReason> ended;    ///< nothing more will come
  };

  FrameQueue() : FrameQueue(Options{}) {}
  explicit FrameQueue(Options options) : options_(options) {}

  // The stream's loop.
  void on_tracks(const TrackList& tracks) override;
  void on_frame(const FramePtr& frame) override;
  void on_clock(const SourceClock& clock) override;
  void on_end(EndReason reason) override;

  // The reader's thread.
  /// Waits until there is something, wake() was called or it is `until`.
  Taken take(Instant until);
  /// Drops what waits, and pictures up to the next keyframe.
  void skip_to_keyframe();

  // Any thread.
  void wake();
  FrameQueueStats stats() const;

 private:
  void drop_all();
  Options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Taken waiting_;
  size_t bytes_ = 0;
  bool woken_ = false;
  bool until_keyframe_ = false;
  FrameQueueStats stats_;
};

}  // namespace sipcast
