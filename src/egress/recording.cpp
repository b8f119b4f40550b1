#include "egress/recording.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "base/text.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

constexpr Duration kVideoGap = 1s, kAudioGap = 100ms;
constexpr size_t kMostSpans = 1000;

int64_t wall_ms(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
}  // namespace

Recording::Recording(Options options, Logger log)
    : options_(std::move(options)), log_(std::move(log)), audio_(options_.mp4_audio) {
  stats_.audio = audio_;
}

RecordingStats Recording::stats() const {
  RecordingStats stats;
  {
    const std::lock_guard lock(mutex_);
    stats = stats_;
  }
  stats.queue = queue_->stats();
  return stats;
}

void Recording::request_rotation() {
  const std::lock_guard lock(mutex_);
  rotate_ = true;
}

void Recording::note_hold(bool held, Instant at) {
  const std::lock_guard lock(mutex_);
  const bool open = !holds_.empty() && holds_.back().to == Instant::max();
  if (held == open) return;
  if (open) {
    holds_.back().to = at;
  } else if (holds_.size() < kMostSpans) {
    holds_.push_back({at, Instant::max()});
  }
}

bool Recording::work() {
  FrameQueue::Taken taken = queue_->take(Instant{});
  {
    const std::lock_guard lock(mutex_);
    if (stats_.ended) return false;
    if (std::exchange(rotate_, false)) sequencer_.restart();
  }
  if (taken.tracks) {
    sequencer_.set_tracks(*taken.tracks);
    // WebM has no AAC; whoever attaches us looks at stats().
    const bool vp8 = taken.tracks->video && taken.tracks->video->codec == Codec::Vp8;
    const FrameCodec wanted = vp8 ? FrameCodec::Opus : options_.mp4_audio;
    if (std::exchange(audio_, wanted) != wanted) sequencer_.restart();  // another container
    video_ = vp8 ? FrameCodec::Vp8 : FrameCodec::H264;
    const std::lock_guard lock(mutex_);
    stats_.audio = audio_;
  }
  if (taken.clock) clock_ = *taken.clock;
  if (taken.lost) {
    log_.warning("the disk is too slow: frames up to the next keyframe are missing");
    sequencer_.restart();
  }
  for (FramePtr& frame : taken.frames) {
    if (frame->format->codec == video_ || frame->format->codec == audio_) {
      sequencer_.push(std::move(frame));
    }
  }
  while (const auto step = sequencer_.next()) {
    if (const auto done = carry_out(*step); !done) {
      fail_with(write_error_ ? *write_error_ : done.error());
      return false;
    }
  }
  if (taken.ended) finish();
  return !taken.ended;
}

Result<void> Recording::carry_out(const FrameSequencer::Step& step) {
  if (const auto* wanted = std::get_if<FrameSequencer::Begin>(&step)) return begin(*wanted);
  return write(std::get<FramePtr>(step));
}

std::string Recording::final_path(const File& file, const std::string& end_time) const {
  std::map<std::string, std::string> values = {
      {"streamName", options_.stream},
      {"callId", options_.call},
      {"mediaSessionId", options_.call},
      {"startTime", std::to_string(wall_ms(file.started))},
      {"videoCodec",
       std::string(file.tracks.video ? frame_codec_name(file.tracks.video->codec) : "none")},
      {"audioCodec",
       std::string(file.tracks.audio ? frame_codec_name(file.tracks.audio->codec) : "none")},
  };
  if (!end_time.empty()) values.emplace("endTime", end_time);
  return options_.directory + "/" + expand_file_name(options_.name_template, values) +
         file.extension;
}

Result<void> Recording::begin(const FrameSequencer::Begin& begin) {
  close_file();
  std::error_code error;
  std::filesystem::create_directories(options_.directory, error);  // create() tells what is wrong
  const auto& [video, audio] = begin.tracks;
  const bool webm = video && video->codec == FrameCodec::Vp8;
  File next{.file = {},
            .extension = webm ? ".webm" : ".mp4",
            .started = std::chrono::system_clock::now(),
            .first = begin.start,
            .last_cut = begin.start,
            .newest = begin.start,
            .tracks = begin.tracks};
  auto file = RecordFile::create(final_path(next, ""));
  if (!file) return std::unexpected(file.error());
  next.file = std::move(*file);
  file_ = std::move(next);
  auto muxer =
      ffmpeg::Muxer::to_bytes(webm ? ffmpeg::Container::WebM : ffmpeg::Container::FragmentedMp4,
                              begin.tracks, [this](BytesView bytes, ffmpeg::Muxer::Piece) {
                                auto written = file_->file.append(bytes);
                                if (!written) write_error_ = written.error();
                                return written.has_value();
                              });
  if (!muxer) return std::unexpected(muxer.error());
  muxer_ = std::move(*muxer);
  const std::lock_guard lock(mutex_);
  ++stats_.files_total;
  stats_.file = std::filesystem::path(final_path(*file_, "")).filename().string();
  log_.info("recording {}", printable(stats_.file));
  return {};
}

Result<void> Recording::write(const FramePtr& frame) {
  if (!file_ || !muxer_) return {};
  const bool picture = frame->kind() == MediaKind::Video;
  const bool may_begin = picture ? frame->keyframe : !file_->tracks.video;
  if (may_begin && is_full(frame->dts)) {
    if (auto begun = begin({file_->tracks, frame->dts}); !begun) return begun;
  }
  if (auto written = muxer_->write(frame, file_->first); !written) return written;
  file_->newest = std::max(file_->newest, frame->dts + frame->duration);
  ++(picture ? file_->video_frames : file_->audio_frames);
  note_gaps(*frame);
  // A fragment begins with this frame where it is a keyframe: the muxer keeps the newest picture.
  const Duration length = frame->dts - file_->last_cut;
  const bool keyframe = picture && frame->keyframe && length > 0s;
  if (!keyframe && length < options_.fragment) return {};
  file_->last_cut = frame->dts;
  return cut();
}

void Recording::note_gaps(const Frame& frame) {
  File& file = *file_;
  const Duration at = frame.pts - file.first;
  if (frame.kind() == MediaKind::Video) {
    if (!file.first_picture) file.first_picture = frame.pts;
    if (file.newest_picture && frame.pts - *file.newest_picture >= kVideoGap &&
        file.video_gaps.size() < kMostSpans) {
      file.video_gaps.push_back({*file.newest_picture - file.first, at});
    }
    file.newest_picture = std::max(file.newest_picture.value_or(frame.pts), frame.pts);
    return;
  }
  if (!file.first_sound) file.first_sound = frame.pts;
  if (frame.filled && file.filling) {
    file.audio_gaps.back().to = at + frame.duration;
  } else if (frame.filled && file.audio_gaps.size() < kMostSpans) {
    file.audio_gaps.push_back({at, at + frame.duration});
    file.filling = true;
  } else if (file.filling && !frame.filled) {
    file.filling = false;
    const RecordSpan& last = file.audio_gaps.back();
    if (last.to - last.from < kAudioGap) file.audio_gaps.pop_back();  // a lost packet or two
  }
}

std::vector<RecordSpan> Recording::holds_of(const File& file) const {
  std::vector<RecordSpan> spans;
  const std::lock_guard lock(mutex_);
  for (const auto& [from, to] : holds_) {
    const Instant begin = std::max(from, file.first), end = std::min(to, file.newest);
    if (begin < end) spans.push_back({begin - file.first, end - file.first});
  }
  return spans;
}

bool Recording::is_full(Instant at) const {
  return (options_.rotate_bytes > 0 && file_->file.size() >= options_.rotate_bytes) ||
         (options_.rotate_after > 0s && at - file_->first >= options_.rotate_after);
}

Result<void> Recording::cut() {
  if (auto done = muxer_->cut(); !done) return done;
  file_->file.mark_playable();
  const std::lock_guard lock(mutex_);
  stats_.bytes_total = bytes_before_ + file_->file.size();
  stats_.written = file_->newest - file_->first;
  return {};
}

void Recording::close_file() {
  if (!file_) return;
  if (muxer_ && !write_error_ && muxer_->finish()) file_->file.mark_playable();
  muxer_.reset();
  File file = std::move(*file_);
  file_.reset();
  if (file.file.playable() == 0) return file.file.discard();
  bytes_before_ += file.file.playable();
  const auto end = std::to_string(wall_ms(std::chrono::system_clock::now()));
  const auto path = file.file.finish(final_path(file, end));
  if (!path) return log_.error("{}", path.error().cause);
  log_.info("recorded {}: {} s, {} bytes",
            printable(std::filesystem::path(*path).filename().string()),
            to_ms(file.newest - file.first) / 1000, file.file.size());
  if (options_.recorded) options_.recorded(*path, manifest_of(*path, file));
}

RecordManifest Recording::manifest_of(const std::string& path, File& file) {
  const auto& [video, audio] = file.tracks;
  const auto since_start = [&](std::optional<Instant> at) {
    return at ? std::optional(*at - file.first) : std::nullopt;
  };
  return {.file = std::filesystem::path(path).filename().string(),
          .stream = options_.stream,
          .call = options_.call,
          .start_ms = wall_ms(file.started),
          .end_ms = wall_ms(std::chrono::system_clock::now()),
          .length = file.newest - file.first,
          .bytes = file.file.size(),
          .sha256 = file.file.sha256(),
          .video_codec = std::string(video ? frame_codec_name(video->codec) : ""),
          .audio_codec = std::string(audio ? frame_codec_name(audio->codec) : ""),
          .width = video ? video->width : uint16_t{0},
          .height = video ? video->height : uint16_t{0},
          .video_frames = file.video_frames,
          .audio_frames = file.audio_frames,
          .frames_dropped = queue_->stats().dropped_total,
          .video_gaps = std::move(file.video_gaps),
          .audio_gaps = std::move(file.audio_gaps),
          .holds = holds_of(file),
          .video_start = since_start(file.first_picture),
          .audio_start = since_start(file.first_sound),
          .clock_drift_ppm = clock_.drift_ppm,
          .lip_sync = clock_.lip_sync,
          .cause = write_error_ ? write_error_->cause : ""};
}

void Recording::finish() {
  close_file();
  const std::lock_guard lock(mutex_);
  stats_.ended = true;
  stats_.file.clear();
}

void Recording::fail_with(const Error& error) {
  write_error_ = error;
  log_.error("the recording ends: {}", error.cause);
  finish();
  const std::lock_guard lock(mutex_);
  stats_.cause = error.cause;
}

}  // namespace sipcast
