#include "stream/stream.hpp"

#include <algorithm>
#include <utility>

namespace sipcast {

Stream::Stream(StreamName name, Logger log) : name_(std::move(name)), log_(std::move(log)) {}

Stream::Subscription& Stream::Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    release();
    stream_ = std::exchange(other.stream_, nullptr);
    sink_ = std::exchange(other.sink_, nullptr);
  }
  return *this;
}

void Stream::Subscription::release() {
  Stream* stream = std::exchange(stream_, nullptr);
  if (!stream) return;
  if (stream->fanning_out_ > 0) {
    std::ranges::replace(stream->sinks_, sink_, static_cast<PacketSink*>(nullptr));
  } else {
    std::erase(stream->sinks_, sink_);
  }
}

Stream::Subscription Stream::attach(PacketSink& sink) {
  sinks_.push_back(&sink);
  if (tracks_) sink.on_tracks(*tracks_);
  return Subscription(this, &sink);
}

void Stream::set_tracks(const TrackList& tracks) {
  if (tracks_ == tracks) return;
  if (tracks_ && codec_of(tracks_->video) != codec_of(tracks.video)) {
    history_.clear();
    video_size_.reset();
  }
  tracks_ = tracks;
  // By index: a sink may attach another one meanwhile.
  ++fanning_out_;
  for (size_t i = 0; i < sinks_.size(); ++i) {
    if (sinks_[i]) sinks_[i]->on_tracks(tracks);
  }
  if (--fanning_out_ == 0) std::erase(sinks_, nullptr);
  if (on_change) on_change();
}

void Stream::write_audio(RtpTimestamp timestamp, bool marker, BytesView payload, Instant arrival) {
  if (state_ == StreamState::Ended) return;
  ++stats_.audio_packets_total;
  if (!stats_.first_media) stats_.first_media = arrival;
  stats_.audio_bytes_total += payload.size();
  const PacketPtr packet =
      std::make_shared<const Packet>(Packet{.kind = MediaKind::Audio,
                                            .sequence = audio_sequence_++,
                                            .timestamp = timestamp,
                                            .arrival = arrival,
                                            .marker = marker,
                                            .keyframe_start = false,
                                            .payload = Bytes(payload.begin(), payload.end())});
  fan_out({&packet, 1});
  become_live();
}

void Stream::write_frame(NormalFrame&& frame) {
  if (state_ == StreamState::Ended) return;
  ++stats_.frames_total;
  if (!stats_.first_media) stats_.first_media = frame.arrival;
  if (frame.keyframe) {
    ++stats_.keyframes_total;
    if (!stats_.first_keyframe) stats_.first_keyframe = frame.arrival;
    broker_.on_keyframe(frame.arrival);
  }
  const auto newest = history_.newest_timestamp();
  if (newest && static_cast<int32_t>(frame.timestamp.value - newest->value) < 0) {
    ++stats_.frames_stepped_back_total;
  }
  for (size_t i = 0; i < frame.payloads.size(); ++i) {
    ++stats_.video_packets_total;
    stats_.video_bytes_total += frame.payloads[i].size();
    auto packet = std::make_shared<const Packet>(Packet{.kind = MediaKind::Video,
                                                        .sequence = video_sequence_++,
                                                        .timestamp = frame.timestamp,
                                                        .arrival = frame.arrival,
                                                        .marker = i + 1 == frame.payloads.size(),
                                                        .keyframe_start = frame.keyframe && i == 0,
                                                        .payload = std::move(frame.payloads[i])});
    history_.push(packet);
    frame_.push_back(std::move(packet));
  }
  fan_out(frame_);
  frame_.clear();
  if (frame.keyframe) become_live();
}

/// All packets to one sink after the other: what a sink keeps for them (a cipher, above all) is in
/// the caches for all but the first.
void Stream::fan_out(std::span<const PacketPtr> packets) {
  ++fanning_out_;
  for (size_t i = 0; i < sinks_.size(); ++i) {
    for (const PacketPtr& packet : packets) {
      if (sinks_[i]) sinks_[i]->on_packet(packet);
    }
  }
  if (--fanning_out_ == 0) std::erase(sinks_, nullptr);
}

void Stream::become_live() {
  if (state_ != StreamState::Waiting) return;
  state_ = StreamState::Live;
  log_.info("live");
  if (on_change) on_change();
}

void Stream::end(EndReason reason) {
  if (state_ == StreamState::Ended) return;
  state_ = StreamState::Ended;
  source_ = nullptr;
  ++fanning_out_;
  for (size_t i = 0; i < sinks_.size(); ++i) {
    if (sinks_[i]) sinks_[i]->on_end(reason);
  }
  --fanning_out_;
  std::erase(sinks_, nullptr);
  if (on_change) on_change();
}

void Stream::want_keyframe(Instant now) { pass_on(broker_.want(now)); }

void Stream::pass_on(const KeyframeAsk& ask) {
  if (source_ && ask != KeyframeAsk{}) source_->ask_keyframe(ask);
}

}  // namespace sipcast
