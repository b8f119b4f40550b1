#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/log.hpp"
#include "base/strong.hpp"
#include "media/packet.hpp"
#include "rtp/video_normalizer.hpp"
#include "stream/keyframe_broker.hpp"
#include "stream/packet_sink.hpp"
#include "stream/timeline.hpp"
#include "stream/video_history.hpp"

namespace sipcast {

enum class StreamState : uint8_t {
  Waiting,  ///< the name is reserved, the codecs may be known, nothing can be shown yet
  Live,     ///< audio flows, or a keyframe is there
  Ended,
};

struct StreamStats {
  uint64_t audio_packets_total = 0, audio_bytes_total = 0;
  uint64_t video_packets_total = 0, video_bytes_total = 0;
  uint64_t frames_total = 0, keyframes_total = 0;
  uint64_t frames_stepped_back_total = 0;  ///< sent behind one that is shown later: B-frames
  std::optional<Instant> first_media, first_keyframe;  ///< when they came
};

/// What writes into a stream, as the stream sees it.
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  virtual void ask_keyframe(const KeyframeAsk& ask) = 0;
};

/// The named live thing between one source and its sinks: numbers packets, keeps what a joiner
/// needs, fans out. Knows neither SIP nor WebRTC. All of it on one media loop.
class Stream {
 public:
  Stream(StreamName name, Logger log);
  Stream(const Stream&) = delete;

  /// Detaches its sink when destroyed; the stream must still be there or have ended.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(Stream* stream, PacketSink* sink) : stream_(stream), sink_(sink) {}
    Subscription(Subscription&& other) noexcept { *this = std::move(other); }
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription() { release(); }
    void release();

   private:
    Stream* stream_ = nullptr;
    PacketSink* sink_ = nullptr;
  };

  // The source's side.
  void set_source(StreamSource* source) { source_ = source; }
  /// With another video codec the history begins anew.
  void set_tracks(const TrackList& tracks);
  void write_audio(RtpTimestamp timestamp, bool marker, BytesView payload, Instant arrival);
  void write_frame(NormalFrame&& frame);
  /// Tells every sink; nothing may be written afterwards.
  void end(EndReason reason);
  Timeline& timeline() { return timeline_; }

  // The sinks' side.
  /// Calls on_tracks now if they are known, then on_packet for all that comes; what was before is
  /// in history(). `sink` must outlive the handle.
  [[nodiscard]] Subscription attach(PacketSink& sink);
  void want_keyframe(Instant now);
  /// One that comes from now on: behind a hold, or of another codec.
  void want_new_keyframe(Instant now) { pass_on(broker_.want_new(now)); }
  const VideoHistory& history() const { return history_; }
  const Timeline& timeline() const { return timeline_; }

  /// Called once a change of state or of tracks has been told to the sinks.
  std::function<void()> on_change;

  const StreamName& name() const { return name_; }
  StreamState state() const { return state_; }
  const std::optional<TrackList>& tracks() const { return tracks_; }
  std::optional<VideoSize> video_size() const { return video_size_; }
  void set_video_size(std::optional<VideoSize> size) { video_size_ = size; }
  size_t sinks() const { return sinks_.size(); }
  const StreamStats& stats() const { return stats_; }
  const KeyframeBroker& broker() const { return broker_; }
  std::optional<Instant> deadline() const { return broker_.deadline(); }
  void on_timer(Instant now) { pass_on(broker_.on_timer(now)); }

 private:
  void fan_out(std::span<const PacketPtr> packets);
  void become_live();
  void pass_on(const KeyframeAsk& ask);

  StreamName name_;
  Logger log_;
  StreamState state_ = StreamState::Waiting;
  StreamSource* source_ = nullptr;
  std::optional<TrackList> tracks_;
  std::vector<PacketSink*> sinks_;  // null where one detached during fan-out
  int fanning_out_ = 0;
  uint32_t audio_sequence_ = 0, video_sequence_ = 0;
  std::vector<PacketPtr> frame_;  // only within write_frame
  VideoHistory history_;
  KeyframeBroker broker_;
  Timeline timeline_;
  std::optional<VideoSize> video_size_;
  StreamStats stats_;
};

}  // namespace sipcast
