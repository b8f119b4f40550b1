#pragma once
#include <deque>
#include <optional>
#include <variant>

#include "egress/frame_sink.hpp"
#include "ffmpeg/muxer.hpp"

namespace sipcast {

/// Puts the frames of two tracks into one order for a container, and says with which tracks it
/// begins: at a keyframe of the video, with the sound of that moment; with the sound alone when no
/// picture comes. Says so again when a track's format changes, comes or goes. One thread at a time;
/// its only clock are the frames.
class FrameSequencer {
 public:
  struct Options {
    /// A stream that has a video track but brings no picture for this long begins without.
    Duration video_patience = std::chrono::seconds(5);
  };
  /// Begin anew with these tracks; the first frame is at `start`.
  struct Begin {
    ffmpeg::MuxedTracks tracks;
    Instant start;
  };
  using Step = std::variant<Begin, FramePtr>;

  FrameSequencer() : FrameSequencer(Options{}) {}
  explicit FrameSequencer(Options options) : options_(options) {}
  /// What the stream has; unknown until the first call.
  void set_tracks(const TrackList& tracks);
  void push(FramePtr frame);
  /// What is to be done next; none until more frames have come.
  std::optional<Step> next();
  /// Forgets what is waiting; begins anew at the next keyframe.
  void restart();

 private:
  std::optional<Step> begin();
  std::optional<Step> begin_with(FrameFormatPtr video, FrameFormatPtr audio, Instant start);
  std::optional<FramePtr> in_order();

  Options options_;
  std::optional<bool> wants_video_;  // none: the tracks are not known
  std::deque<FramePtr> video_, audio_;
  std::optional<Instant> first_audio_;
  std::optional<ffmpeg::MuxedTracks> running_;
};

}  // namespace sipcast
