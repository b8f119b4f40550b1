#include "egress/hls_output.hpp"

#include <utility>

namespace sipcast {
namespace {
/// A phone that ignores requests for keyframes may well take that long to the next one.
constexpr FrameSequencer::Options kOrder = {.video_patience = std::chrono::seconds(15)};
}  // namespace

HlsOutput::HlsOutput(Tracks wanted, hls::Segmenter::Options options, Events events, Logger log)
    : wanted_(wanted),
      events_(std::move(events)),
      log_(std::move(log)),
      sequencer_(kOrder),
      segmenter_(options, events_.media) {}

void HlsOutput::on_tracks(const TrackList& tracks) {
  if (wanted_ == Tracks::SoundAlone) {
    return sequencer_.set_tracks({.audio = tracks.audio, .video = {}});
  }
  if (tracks.video && tracks.video->codec == Codec::Vp8) {
    return refuse(
        "HLS carries H.264 and this call's video is VP8: watch it by WebRTC, or hear "
        "audio.m3u8");
  }
  sequencer_.set_tracks(tracks);
}

void HlsOutput::on_frame(const FramePtr& frame) {
  if (refused_) return;
  if (wanted_ == Tracks::SoundAlone && frame->kind() == MediaKind::Video) return;
  sequencer_.push(frame);
  while (!refused_) {
    const auto step = sequencer_.next();
    if (!step) return;
    carry_out(*step);
  }
}

void HlsOutput::carry_out(const FrameSequencer::Step& step) {
  if (const auto* frame = std::get_if<FramePtr>(&step)) return segmenter_.push(*frame);
  const auto& [tracks, start] = std::get<FrameSequencer::Begin>(step);
  const auto begun = segmenter_.begin(tracks.video, tracks.audio, start);
  if (!begun) refuse(begun.error().cause);
}

void HlsOutput::refuse(std::string cause) {
  if (std::exchange(refused_, true)) return;
  log_.warning("no HLS: {}", cause);
  events_.refused(std::move(cause));
}

void HlsOutput::on_end(EndReason /*reason*/) {
  if (!refused_) segmenter_.finish();
  events_.ended();
}

}  // namespace sipcast
