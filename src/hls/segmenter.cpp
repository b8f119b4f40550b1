#include "hls/segmenter.hpp"

#include <algorithm>
#include <utility>

namespace sipcast::hls {
namespace {
using namespace std::chrono_literals;

/// A part ends with the first frame behind this share of its greatest length: AAC blocks come every
/// 21 ms, which is finer than the rest.
constexpr Duration part_is_full(Duration target) { return target * 93 / 100; }
constexpr Duration kHeld = 1s;  // a track without a picture for so long has stopped
constexpr Duration kHole = 5s;  // times that step further than this are taken as they come

Blob to_blob(const Bytes& bytes) { return std::make_shared<const std::string>(as_text(bytes)); }
}  // namespace

Segmenter::Segmenter(Options options, Events events)
    : options_(options), events_(std::move(events)) {}

int64_t Segmenter::ticks(Instant time, uint32_t timescale) const {
  const int64_t us = std::chrono::duration_cast<std::chrono::microseconds>(time - *epoch_).count();
  return us / 1'000'000 * timescale + us % 1'000'000 * timescale / 1'000'000;
}

Result<void> Segmenter::begin(const FrameFormatPtr& video, const FrameFormatPtr& audio,
                              Instant start) {
  const auto init = mp4::init_section(video.get(), audio.get());
  if (!init) return std::unexpected(init.error());
  // Both at once: players take what is announced behind a segment to be of the same format.
  if (part_is_empty()) {
    events_.init(to_blob(*init));
  } else {
    end_part(newest_, true, nullptr, to_blob(*init));
  }
  if (!epoch_) epoch_ = start;
  video_ = {.timescale = mp4::kVideoTimescale};
  audio_ = {.timescale = audio ? audio->sample_rate_hz : 0};
  segment_start_ = part_start_ = newest_ = start;
  last_keyframe_.reset();
  repeating_ = false;
  return {};
}

bool Segmenter::segment_ends_before(const Frame& frame) const {
  const Duration length = frame.dts - segment_start_;
  if (frame.kind() == MediaKind::Video && frame.keyframe) return length >= options_.least_segment;
  const bool held = frame.dts - newest_picture_ >= kHeld;
  if (held && length >= options_.sound_segment) return true;
  return length >= options_.longest_segment || segment_bytes_ > options_.most_segment_bytes;
}

void Segmenter::push(const FramePtr& frame) {
  Track& track = track_of(*frame);
  if (!epoch_ || track.timescale == 0 || frame->dts < *epoch_) return;
  const bool picture = frame->kind() == MediaKind::Video;
  if (picture && repeating_ && (!frame->keyframe || frame->dts < pictures_end_)) return;
  if (!part_is_empty()) {
    const bool ends_segment = segment_ends_before(*frame);
    if (ends_segment || part_bytes_ > options_.most_part_bytes ||
        frame->dts - part_start_ >= part_is_full(options_.part_target)) {
      end_part(frame->dts, ends_segment, frame.get());
    }
  }
  if (!track.frames.empty()) track.usual = frame->dts - track.frames.back()->dts;
  if (picture) {
    newest_picture_ = frame->dts;
    pictures_end_ = frame->dts + track.usual;
    repeating_ = false;
    if (frame->keyframe) last_keyframe_ = frame;
  }
  newest_ = std::max(newest_, frame->dts + (frame->duration > 0s ? frame->duration : track.usual));
  part_bytes_ += frame->payload.size();
  segment_bytes_ += frame->payload.size();
  track.frames.push_back(frame);
}

void Segmenter::finish() {
  if (epoch_ && !part_is_empty()) end_part(newest_, true, nullptr);
}

std::vector<mp4::Sample> Segmenter::samples_of(const Track& track, const Frame* next) const {
  std::vector<mp4::Sample> samples;
  samples.reserve(track.frames.size());
  for (size_t i = 0; i < track.frames.size(); ++i) {
    const Frame& frame = *track.frames[i];
    // How long the last one lasts is known when it is the next that ends the part.
    const Frame* follower = i + 1 < track.frames.size()            ? track.frames[i + 1].get()
                            : next && next->kind() == frame.kind() ? next
                                                                   : nullptr;
    const Instant end = follower              ? follower->dts
                        : frame.duration > 0s ? frame.dts + frame.duration
                                              : frame.dts + track.usual;
    const int64_t dts = ticks(frame.dts, track.timescale);
    samples.push_back({.payload = frame.payload,
                       .dts = static_cast<uint64_t>(dts),
                       .duration = static_cast<uint32_t>(
                           std::clamp<int64_t>(ticks(end, track.timescale) - dts, 1, UINT32_MAX)),
                       .composition = static_cast<int32_t>(ticks(frame.pts, track.timescale) - dts),
                       .keyframe = frame.keyframe});
  }
  return samples;
}

std::optional<mp4::Sample> Segmenter::repeated_picture(Instant until) {
  if (!last_keyframe_ || !video_.frames.empty() || until <= pictures_end_) return {};
  if (!repeating_ && until - newest_picture_ < kHeld) return {};
  repeating_ = true;
  // It reaches back to the last picture, over the parts that waited for one.
  const int64_t from = ticks(std::exchange(pictures_end_, until), video_.timescale);
  return mp4::Sample{.payload = last_keyframe_->payload,
                     .dts = static_cast<uint64_t>(from),
                     .duration = static_cast<uint32_t>(ticks(until, video_.timescale) - from),
                     .composition = 0,
                     .keyframe = true};
}

void Segmenter::end_part(Instant boundary, bool ends_segment, const Frame* next, Blob next_init) {
  std::vector<mp4::Sample> video = samples_of(video_, next);
  if (const auto repeated = repeated_picture(boundary)) video.push_back(*repeated);
  const bool independent =
      video_.frames.empty() ||
      std::ranges::any_of(video_.frames, [](const FramePtr& frame) { return frame->keyframe; });
  // A frame that came late would make the part too long: its time is given to the next one.
  Instant end = std::max(boundary, part_start_ + 1ms);
  if (end - part_start_ < kHole) end = std::min(end, part_start_ + options_.part_target);
  const auto bytes = mp4::fragment(++fragments_, video, samples_of(audio_, next));
  const Duration duration = std::min(end - part_start_, options_.part_target);
  events_.part({.bytes = to_blob(bytes),
                .start = part_start_,
                .duration = duration,
                .independent = independent,
                .ends_segment = ends_segment,
                .next_init = std::move(next_init)});
  video_.frames.clear();
  audio_.frames.clear();
  part_start_ = end;
  part_bytes_ = 0;
  if (!ends_segment) return;
  segment_start_ = end;
  segment_bytes_ = 0;
}

}  // namespace sipcast::hls
