#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/log.hpp"
#include "base/worker_pool.hpp"
#include "egress/continuous_audio.hpp"
#include "egress/frame_sink.hpp"
#include "rtp/decode_times.hpp"
#include "stream/stream.hpp"

namespace sipcast {

struct FrameAssemblerStats {
  uint64_t video_frames_total = 0, keyframes_total = 0;
  uint64_t frames_dropped_total = 0;  ///< not whole, not decodable, or B-frames not yet understood
  uint64_t audio_dropped_total = 0;   ///< packets that the encoder had no time for
};

/// Packets of one stream to frames for everybody who wants them: made once, however many outputs
/// there are. Video goes through as it is, audio is encoded by ContinuousAudio apart from the loop.
/// One per stream, only while it has sinks. On the stream's loop.
class FrameAssembler final : private PacketSink {
 public:
  struct Options {
    int audio_bitrate_bps = 64'000;
    /// A keyframe is asked for when the last is that old; 0: never.
    Duration keyframe_every = std::chrono::seconds(2);
    /// What has not come after this time is silence.
    Duration audio_patience = std::chrono::milliseconds(250);
  };
  using Task = std::move_only_function<void()>;
  /// How encoding is done apart from the loop: `apart` runs jobs in order and says false when it
  /// has too many, `back` runs a task on the loop, and may do so after the assembler's end.
  struct Threads {
    std::function<bool(Task)> apart;
    std::function<void(Task)> back;
  };

  FrameAssembler(Options options, Threads threads, Stream& stream, Logger log);
  ~FrameAssembler() override;

  /// Sends frames to `sink` from now on, video from the next keyframe, which is asked for; audio as
  /// `audio` (Aac or Opus). Errors: those of the encoder.
  Result<void> add(const FrameSinkPtr& sink, FrameCodec audio, Instant now);
  void remove(const FrameSink* sink);
  bool empty() const { return sinks_.empty(); }
  /// To be called about ten times a second.
  void on_timer(Instant now);
  /// One more wish for a keyframe, by an output that lost its way.
  void want_keyframe(Instant now) { stream_.want_keyframe(now); }
  const FrameAssemblerStats& stats() const { return stats_; }

 private:
  struct Sink {
    FrameSinkPtr sink;
    FrameCodec audio;
    bool waits_for_keyframe = true;
  };
  void on_tracks(const TrackList& tracks) override;
  void on_packet(const PacketPtr& packet) override;
  void on_end(EndReason reason) override;
  void on_audio(const PacketPtr& packet);
  void on_video_frame(const Packet& last);
  std::optional<Bytes> make_sample();
  void use_format(FrameFormat format);
  Instant capture_time(const Packet& packet) const;
  Instant video_pts(const Packet& last);
  void give(const FramePtr& frame);
  Result<void> begin_audio(FrameCodec codec);
  void drop_unused_audio();

  Options options_;
  Threads threads_;
  Stream& stream_;
  Logger log_;
  std::vector<Sink> sinks_;
  TrackList tracks_;
  std::map<FrameCodec, std::shared_ptr<ContinuousAudio>> audio_;
  Bytes video_bytes_;
  bool video_broken_ = false;  // of the frame that is being put together
  bool video_keyframe_ = false;
  bool video_wanted_ = true;  // false: what comes cannot be decoded until the next keyframe
  FrameFormatPtr video_format_;
  DecodeTimes decode_times_;
  std::optional<RtpTimestamp> newest_timestamp_;
  Instant newest_pts_{};
  std::optional<Instant> last_keyframe_;
  FrameAssemblerStats stats_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Stream::Subscription subscription_;  // last: nothing comes once the rest is gone
};

}  // namespace sipcast
