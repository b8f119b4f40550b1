#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "egress/frame_sequencer.hpp"
#include "egress/frame_sink.hpp"

namespace sipcast {

/// Frames as the MSE player of the Flashphoner Web SDK reads them from a WebSocket ("packetization
/// version 2": units of a type, a time in ms, a length and a body like FLV's). One per viewer.
class MseSender final : public FrameSink {
 public:
  /// Where the bytes go; `queued` are those that the network has not taken yet.
  struct Transport {
    std::function<void(std::string bytes)> send;
    std::function<size_t()> queued;
  };
  /// Called on the stream's loop.
  struct Events {
    std::function<void(TrackList)> tracks;
    std::function<void()> playing;  ///< the first frame has gone
    std::function<void(EndReason)> ended;
  };
  explicit MseSender(Events events) : events_(std::move(events)) {}

  /// Any thread. What came before is not sent.
  void connect(Transport transport);

  void on_tracks(const TrackList& tracks) override;
  void on_frame(const FramePtr& frame) override;
  void on_end(EndReason reason) override;

 private:
  void carry_out(const FrameSequencer::Step& step);
  void send(const Frame& frame);
  Events events_;
  std::mutex mutex_;
  Transport new_transport_;  // under the mutex
  Transport transport_;
  FrameSequencer sequencer_;
  std::optional<Instant> epoch_;
  bool playing_ = false;
  bool until_keyframe_ = false;  // the viewer was too slow
};

/// A unit of it (public for tests): what a decoder must know, and a frame.
std::string mse_setup(const FrameFormat& format, int64_t time_ms);
std::string mse_frame(const Frame& frame, int64_t time_ms);

}  // namespace sipcast
