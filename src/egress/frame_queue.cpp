#include "egress/frame_queue.hpp"

#include <utility>

namespace sipcast {

void FrameQueue::on_tracks(const TrackList& tracks) {
  const std::lock_guard lock(mutex_);
  waiting_.tracks = tracks;
  changed_.notify_one();
}

void FrameQueue::on_frame(const FramePtr& frame) {
  const std::lock_guard lock(mutex_);
  ++stats_.frames_total;
  const bool too_long =
      !waiting_.frames.empty() && frame->dts - waiting_.frames.front()->dts > options_.max_span;
  if (too_long || bytes_ + frame->payload.size() > options_.max_bytes) {
    ++stats_.overflows_total;
    drop_all();
  }
  if (frame->kind() == MediaKind::Video) {
    if (until_keyframe_ && !frame->keyframe) {
      ++stats_.dropped_total;
      return;
    }
    until_keyframe_ = false;
  }
  bytes_ += frame->payload.size();
  waiting_.frames.push_back(frame);
  changed_.notify_one();
}

void FrameQueue::on_clock(const SourceClock& clock) {
  const std::lock_guard lock(mutex_);
  waiting_.clock = clock;  // nobody is woken for it
}

void FrameQueue::on_end(EndReason reason) {
  const std::lock_guard lock(mutex_);
  waiting_.ended = reason;
  changed_.notify_one();
}

FrameQueue::Taken FrameQueue::take(Instant until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [this] {
    return woken_ || !waiting_.frames.empty() || waiting_.tracks || waiting_.ended;
  });
  woken_ = false;
  bytes_ = 0;
  return std::exchange(waiting_, {});
}

void FrameQueue::drop_all() {
  stats_.dropped_total += waiting_.frames.size();
  waiting_.frames.clear();
  waiting_.lost = true;
  bytes_ = 0;
  until_keyframe_ = true;
}

void FrameQueue::skip_to_keyframe() {
  const std::lock_guard lock(mutex_);
  drop_all();
}

void FrameQueue::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

FrameQueueStats FrameQueue::stats() const {
  const std::lock_guard lock(mutex_);
  FrameQueueStats stats = stats_;
  stats.bytes = bytes_;
  return stats;
}

}  // namespace sipcast
