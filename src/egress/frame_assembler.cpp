#include "egress/frame_assembler.hpp"

#include <algorithm>

#include "rtp/frame_depacketizer.hpp"
#include "rtp/h264_avc.hpp"
#include "rtp/h264_nal.hpp"
#include "rtp/vp8_payload.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;
constexpr size_t kMaxFrameBytes = 8u << 20;
constexpr Duration kMostOffTime = 2s;  // a capture time further from the arrival is nonsense
}  // namespace

FrameAssembler::FrameAssembler(Options options, Threads threads, Stream& stream, Logger log)
    : options_(options), threads_(std::move(threads)), stream_(stream), log_(std::move(log)) {
  subscription_ = stream_.attach(*this);
}

FrameAssembler::~FrameAssembler() = default;

Result<void> FrameAssembler::add(const FrameSinkPtr& sink, FrameCodec audio, Instant now) {
  if (auto begun = begin_audio(audio); !begun) return begun;
  sinks_.push_back({.sink = sink, .audio = audio});
  if (stream_.tracks()) sink->on_tracks(tracks_);
  if (tracks_.video) want_keyframe(now);
  return {};
}

void FrameAssembler::remove(const FrameSink* sink) {
  std::erase_if(sinks_, [sink](const Sink& entry) { return entry.sink.get() == sink; });
  drop_unused_audio();
}

Result<void> FrameAssembler::begin_audio(FrameCodec codec) {
  if (audio_.contains(codec)) return {};
  auto made = ContinuousAudio::create(
      codec, options_.audio_bitrate_bps,
      [this, back = threads_.back, alive = std::weak_ptr<bool>(alive_)](FramePtr frame) {
        back([this, alive, frame = std::move(frame)] {
          if (!alive.expired()) give(frame);
        });
      });
  if (!made) return std::unexpected(made.error());
  audio_.emplace(codec, std::make_shared<ContinuousAudio>(std::move(*made)));
  return {};
}

void FrameAssembler::drop_unused_audio() {
  std::erase_if(audio_, [this](const auto& line) {
    return std::ranges::none_of(sinks_, [&](const Sink& s) { return s.audio == line.first; });
  });
}

void FrameAssembler::on_timer(Instant now) {
  for (const auto& [codec, line] : audio_) {
    threads_.apart([line, until = now - options_.audio_patience] { line->fill_until(until); });
  }
  const SourceClock clock{.drift_ppm = stream_.timeline().drift_ppm(MediaKind::Audio),
                          .lip_sync = stream_.timeline().lip_sync()};
  for (const Sink& sink : sinks_) sink.sink->on_clock(clock);
  if (tracks_.video && options_.keyframe_every > 0s &&
      (!last_keyframe_ || now - *last_keyframe_ >= options_.keyframe_every)) {
    want_keyframe(now);
  }
}

void FrameAssembler::on_tracks(const TrackList& tracks) {
  if (codec_of(tracks_.video) != codec_of(tracks.video)) {  // nothing until the first keyframe
    video_format_.reset();
    video_bytes_.clear();
    video_broken_ = video_keyframe_ = video_wanted_ = false;
    last_keyframe_.reset();
  }
  tracks_ = tracks;
  for (const Sink& sink : sinks_) sink.sink->on_tracks(tracks);
}

void FrameAssembler::on_end(EndReason reason) {
  for (const Sink& sink : std::exchange(sinks_, {})) sink.sink->on_end(reason);
}

void FrameAssembler::on_packet(const PacketPtr& packet) {
  if (packet->kind == MediaKind::Audio) return on_audio(packet);
  if (packet->keyframe_start) {
    video_bytes_.clear();
    video_broken_ = false;
    video_keyframe_ = true;
  }
  if (!tracks_.video || video_bytes_.size() > kMaxFrameBytes ||
      !append_frame_bytes(tracks_.video->codec, packet->payload, video_bytes_)) {
    video_broken_ = true;
  }
  if (!packet->marker) return;
  on_video_frame(*packet);
  video_bytes_.clear();
  video_broken_ = video_keyframe_ = false;
}

Instant FrameAssembler::capture_time(const Packet& packet) const {
  const auto captured = stream_.timeline().capture_time(packet.kind, packet.timestamp);
  if (!captured || *captured > packet.arrival + kMostOffTime ||
      *captured < packet.arrival - kMostOffTime) {
    return packet.arrival;
  }
  return *captured;
}

void FrameAssembler::on_audio(const PacketPtr& packet) {
  if (!tracks_.audio) return;
  for (const auto& [codec, line] : audio_) {
    const bool taken = threads_.apart(
        [line, packet, from = tracks_.audio->codec, captured = capture_time(*packet)] {
          line->push(from, captured, packet->payload);
        });
    if (!taken) ++stats_.audio_dropped_total;
  }
}

Instant FrameAssembler::video_pts(const Packet& last) {
  Instant pts = capture_time(last);
  // Only the sender's own timestamps step back (B-frames): the timeline's corrections must not.
  const bool forward = !newest_timestamp_ ||
                       static_cast<int32_t>(last.timestamp.value - newest_timestamp_->value) > 0;
  if (!forward) return pts;
  if (newest_timestamp_) pts = std::max(pts, newest_pts_ + 1ms);
  newest_timestamp_ = last.timestamp;
  newest_pts_ = pts;
  return pts;
}

void FrameAssembler::on_video_frame(const Packet& last) {
  if (video_keyframe_) video_wanted_ = true;
  std::optional<Bytes> sample;
  if (!video_broken_ && video_wanted_) sample = make_sample();
  if (!sample) {
    ++stats_.frames_dropped_total;
    video_wanted_ = false;
    return;
  }
  if (newest_timestamp_ == last.timestamp) {  // the rest of a frame that had two markers
    ++stats_.frames_dropped_total;
    return;
  }
  const Instant pts = video_pts(last);
  const auto dts = decode_times_.next(pts);
  if (!dts) {
    ++stats_.frames_dropped_total;
    return;
  }
  ++stats_.video_frames_total;
  if (video_keyframe_) {
    ++stats_.keyframes_total;
    last_keyframe_ = last.arrival;
  }
  give(std::make_shared<const Frame>(Frame{.format = video_format_,
                                           .pts = pts,
                                           .dts = *dts,
                                           .duration = 0s,
                                           .keyframe = video_keyframe_,
                                           .payload = std::move(*sample)}));
}

void FrameAssembler::use_format(FrameFormat format) {
  if (video_format_ && *video_format_ == format) return;
  video_format_ = std::make_shared<const FrameFormat>(std::move(format));
}

std::optional<Bytes> FrameAssembler::make_sample() {
  if (tracks_.video->codec == Codec::Vp8) {
    if (video_keyframe_) {
      const auto info = vp8::parse_frame(video_bytes_);
      if (!info || !info->keyframe) return {};
      use_format({.codec = FrameCodec::Vp8, .width = info->width, .height = info->height});
    }
    if (!video_format_ || video_bytes_.empty()) return {};
    return video_bytes_;
  }
  h264::AvcSample sample = h264::to_avc(video_bytes_);
  if (!sample.sps.empty() && !sample.pps.empty()) {
    auto record = h264::avc_decoder_configuration(sample.sps, sample.pps);
    const auto info = h264::parse_sps(sample.sps.back());
    if (!record || !info) return {};
    use_format({.codec = FrameCodec::H264,
                .setup = std::move(*record),
                .width = info->width,
                .height = info->height});
  }
  if (!video_format_ || sample.bytes.empty()) return {};
  return std::move(sample.bytes);
}

void FrameAssembler::give(const FramePtr& frame) {
  for (Sink& entry : sinks_) {
    if (frame->kind() == MediaKind::Audio) {
      if (entry.audio == frame->format->codec) entry.sink->on_frame(frame);
    } else if (frame->keyframe || !entry.waits_for_keyframe) {
      entry.waits_for_keyframe = false;
      entry.sink->on_frame(frame);
    }
  }
}

}  // namespace sipcast
