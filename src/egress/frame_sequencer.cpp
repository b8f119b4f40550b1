#include "egress/frame_sequencer.hpp"

#include <algorithm>

namespace sipcast {
namespace {
using namespace std::chrono_literals;
constexpr Duration kAudioPatience = 1s;  // a picture waits no longer for the sound of its time
constexpr size_t kMostWaiting = 1000;  // frames of a track: bounds what a stream of nonsense costs

FramePtr take(std::deque<FramePtr>& queue) {
  FramePtr frame = std::move(queue.front());
  queue.pop_front();
  return frame;
}

bool same(const FrameFormatPtr& a, const FrameFormatPtr& b) {
  return a == b || (a && b && *a == *b);
}
}  // namespace

void FrameSequencer::set_tracks(const TrackList& tracks) {
  wants_video_ = tracks.video.has_value();
}

void FrameSequencer::push(FramePtr frame) {
  auto& queue = frame->kind() == MediaKind::Video ? video_ : audio_;
  if (frame->kind() == MediaKind::Audio && !first_audio_) first_audio_ = frame->pts;
  if (queue.size() >= kMostWaiting) queue.pop_front();
  queue.push_back(std::move(frame));
}

void FrameSequencer::restart() {
  video_.clear();
  audio_.clear();
  first_audio_.reset();
  running_.reset();
}

std::optional<FrameSequencer::Step> FrameSequencer::begin_with(FrameFormatPtr video,
                                                               FrameFormatPtr audio,
                                                               Instant start) {
  running_ = ffmpeg::MuxedTracks{std::move(video), std::move(audio)};
  return Step(Begin{*running_, start});
}

std::optional<FrameSequencer::Step> FrameSequencer::begin() {
  while (!video_.empty() && !video_.front()->keyframe) video_.pop_front();
  if (!video_.empty()) {
    const Instant start = video_.front()->dts;
    while (!audio_.empty() && audio_.front()->dts < start) audio_.pop_front();
    if (!audio_.empty()) {
      return begin_with(video_.front()->format, audio_.front()->format, start);
    }
    return {};  // sound is never missing: it only comes later
  }
  if (!wants_video_ || audio_.empty()) return {};
  const bool given_up = audio_.back()->pts - *first_audio_ >= options_.video_patience;
  if (*wants_video_ && !given_up) return {};
  return begin_with(nullptr, audio_.front()->format, audio_.front()->dts);
}

std::optional<FramePtr> FrameSequencer::in_order() {
  if (video_.empty() && audio_.empty()) return {};
  if (video_.empty()) return take(audio_);  // pictures come before their sound
  if (audio_.empty()) {
    if (video_.back()->dts - video_.front()->dts < kAudioPatience) return {};
    return take(video_);
  }
  return take(video_.front()->dts <= audio_.front()->dts ? video_ : audio_);
}

std::optional<FrameSequencer::Step> FrameSequencer::next() {
  if (!running_) return begin();
  if (!video_.empty() && !same(running_->video, video_.front()->format)) {
    // The sound up to there belongs to what was before.
    if (audio_.empty() && video_.back()->dts - video_.front()->dts < kAudioPatience) return {};
    if (!audio_.empty() && audio_.front()->dts < video_.front()->dts) return Step(take(audio_));
    running_.reset();  // another format, or the first picture: it begins with a keyframe
    return begin();
  }
  auto frame = in_order();
  if (!frame) return {};
  return Step(std::move(*frame));
}

}  // namespace sipcast
