#pragma once
#include <functional>
#include <string>

#include "base/log.hpp"
#include "egress/frame_sequencer.hpp"
#include "egress/frame_sink.hpp"
#include "hls/segmenter.hpp"

namespace sipcast {

/// A stream's frames as parts and segments of HLS. On the stream's loop, which the events are
/// called on.
class HlsOutput final : public FrameSink {
 public:
  struct Events {
    hls::Segmenter::Events media;
    std::function<void(std::string cause)> refused;  ///< HLS cannot carry this stream
    std::function<void()> ended;                     ///< last
  };
  enum class Tracks : uint8_t { All, SoundAlone };
  HlsOutput(Tracks wanted, hls::Segmenter::Options options, Events events, Logger log);

  void on_tracks(const TrackList& tracks) override;
  void on_frame(const FramePtr& frame) override;
  void on_end(EndReason reason) override;

 private:
  void carry_out(const FrameSequencer::Step& step);
  void refuse(std::string cause);

  Tracks wanted_;
  Events events_;
  Logger log_;
  FrameSequencer sequencer_;
  hls::Segmenter segmenter_;
  bool refused_ = false;
};

}  // namespace sipcast
