#include "egress/rtmp_push.hpp"

#include <pthread.h>

#include <algorithm>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

/// What a healthy server is given to hear our good-bye.
constexpr Duration kGoodbye = 30ms;

int64_t to_ns(Instant instant) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(instant.time_since_epoch()).count();
}
Instant now() { return std::chrono::steady_clock::now(); }

bool same(const FrameFormatPtr& a, const FrameFormatPtr& b) {
  return a == b || (a && b && *a == *b);
}
}  // namespace

RtmpPush::RtmpPush(Options options, Logger log, std::function<void()> ended)
    : options_(std::move(options)),
      log_(std::move(log)),
      ended_(std::move(ended)),
      retry_(options_.first_retry),
      thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "rtmp push");
}

RtmpPush::~RtmpPush() {
  request_stop();
  thread_.join();
}

void RtmpPush::request_stop() {
  int64_t running = 0;
  {
    const std::lock_guard lock(mutex_);
    stop_at_.compare_exchange_strong(running, to_ns(now() + kGoodbye));
  }
  stop_wanted_.notify_all();
  queue_->wake();
}

void RtmpPush::set_mute(ffmpeg::SoundPtr silence) {
  const std::lock_guard lock(mutex_);
  mute_ = {.sound = std::move(silence), .next = 0, .loop = true};
}

void RtmpPush::set_sound(ffmpeg::SoundPtr sound, bool loop) {
  const std::lock_guard lock(mutex_);
  sound_ = {.sound = std::move(sound), .next = 0, .loop = loop};
}

PushStats RtmpPush::stats() const {
  PushStats stats;
  {
    const std::lock_guard lock(mutex_);
    stats = stats_;
  }
  stats.queue = queue_->stats();
  return stats;
}

void RtmpPush::set_state(PushState state, std::string cause) {
  {
    const std::lock_guard lock(mutex_);
    stats_.state = state;
    stats_.cause = cause;
  }
  if (options_.changed) options_.changed(state, cause);
}

bool RtmpPush::interrupted() const {
  const int64_t at = to_ns(now());
  const int64_t stop = stop_at_.load();
  return (stop != 0 && at >= stop) || at >= deadline_.load();
}

void RtmpPush::run() {
  while (!stopping()) {
    FrameQueue::Taken taken = queue_->take(now() + 1s);
    take(taken);
    while (!stopping()) {
      const auto step = sequencer_.next();
      if (!step || !carry_out(*step)) break;
    }
    if (taken.ended) end("the stream ended");
  }
  if (muxer_) {
    deadline_ = to_ns(now() + options_.patience);
    if (muxer_->finish()) log_.debug("the RTMP server has been told good-bye");
  }
  muxer_.reset();
  const std::lock_guard lock(mutex_);
  stats_.state = PushState::Ended;
}

void RtmpPush::take(FrameQueue::Taken& taken) {
  if (taken.tracks) {
    TrackList tracks = *taken.tracks;
    slate_.reset();
    if (options_.slate && !tracks.video) {
      if (auto made = Slate::create()) {
        slate_ = std::move(*made);
        tracks.video = TrackInfo{.codec = Codec::H264};
      } else {
        log_.error("no black picture: {}", made.error().cause);
      }
    }
    sequencer_.set_tracks(tracks);
  }
  if (taken.lost) sequencer_.restart();
  for (FramePtr& frame : taken.frames) {
    if (slate_ && frame->kind() == MediaKind::Audio) {
      for (FramePtr& picture : slate_->up_to(frame->pts)) sequencer_.push(std::move(picture));
    }
    sequencer_.push(std::move(frame));
  }
}

void RtmpPush::end(std::string cause) {
  if (stopping()) return;
  log_.info("push ends: {}", cause);
  set_state(PushState::Ended, std::move(cause));
  stop_at_ = to_ns(now() + kGoodbye);
  ended_();
}

bool RtmpPush::carry_out(const FrameSequencer::Step& step) {
  if (const auto* wanted = std::get_if<FrameSequencer::Begin>(&step)) return begin(*wanted);
  const auto written = write(*std::get<FramePtr>(step));
  if (!written) fail_and_wait(written.error());
  return written.has_value();
}

bool RtmpPush::begin(const FrameSequencer::Begin& wanted) {
  const auto& [video, audio] = wanted.tracks;
  if (muxer_ && same(open_tracks_.video, video) && same(open_tracks_.audio, audio)) return true;
  if (video && video->codec != FrameCodec::H264) {
    end("RTMP carries H264, and the phone sends " + std::string(frame_codec_name(video->codec)));
    return false;
  }
  if (muxer_) {
    bytes_before_ += muxer_->bytes_written();
    deadline_ = to_ns(now() + options_.patience);
    if (!muxer_->finish()) log_.debug("the RTMP server heard no good-bye");
    muxer_.reset();
  }
  set_state(PushState::Connecting, {});
  deadline_ = to_ns(now() + options_.patience);
  auto muxer =
      ffmpeg::Muxer::to_rtmp(options_.server, wanted.tracks, [this] { return interrupted(); });
  if (!muxer) {
    fail_and_wait(muxer.error());
    return false;
  }
  muxer_ = std::move(*muxer);
  open_tracks_ = wanted.tracks;
  if (!epoch_) epoch_ = wanted.start;
  retry_ = options_.first_retry;
  {
    const std::lock_guard lock(mutex_);
    ++stats_.connections_total;
    stats_.width = video ? video->width : 0;
    stats_.height = video ? video->height : 0;
  }
  set_state(PushState::Publishing, {});
  log_.info("publishing {}{}", video ? "H264 and " : "", "AAC");
  return true;
}

std::optional<BytesView> RtmpPush::replacement() {
  Replacement& used = mute_.sound ? mute_ : sound_;
  if (!used.sound) return {};
  if (used.next >= used.sound->blocks.size()) {
    if (!used.loop) {
      used = {};
      return {};
    }
    used.next = 0;
  }
  return used.sound->blocks[used.next++];
}

Result<void> RtmpPush::write(const Frame& frame) {
  deadline_ = to_ns(now() + options_.patience);
  ffmpeg::SoundPtr kept;  // while its bytes are written
  BytesView payload = frame.payload;
  if (frame.kind() == MediaKind::Audio) {
    const std::lock_guard lock(mutex_);
    kept = mute_.sound ? mute_.sound : sound_.sound;
    if (const auto other = replacement()) payload = *other;
  }
  auto written = muxer_->write(frame, payload, *epoch_);
  if (written) {
    const std::lock_guard lock(mutex_);
    stats_.bytes_total = bytes_before_ + muxer_->bytes_written();
  }
  return written;
}

void RtmpPush::fail_and_wait(const Error& error) {
  if (muxer_) bytes_before_ += muxer_->bytes_written();
  deadline_ = to_ns(now() + kGoodbye);
  muxer_.reset();
  if (stopping()) return;
  log_.warning("{}; again in {} ms", error.cause, to_ms(retry_));
  set_state(PushState::Retrying, error.cause);
  {
    std::unique_lock lock(mutex_);
    stop_wanted_.wait_for(lock, retry_, [this] { return stopping(); });
  }
  retry_ = std::min(2 * retry_, options_.last_retry);
  queue_->skip_to_keyframe();
  sequencer_.restart();
}

}  // namespace sipcast
