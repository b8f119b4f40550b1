#pragma once
#include <functional>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "egress/resend_budget.hpp"
#include "egress/track_rewriter.hpp"
#include "egress/viewer_bandwidth.hpp"
#include "net/ice_port.hpp"
#include "rtp/rtcp.hpp"
#include "sdp/viewer_answer.hpp"
#include "stream/stream.hpp"
#include "webrtc/ice_lite_peer.hpp"

namespace sipcast {

struct ViewerStats {
  uint64_t packets_total = 0, bytes_total = 0;
  uint64_t nacked_packets_total = 0, resent_packets_total = 0;
  uint64_t resends_refused_total = 0;  ///< beyond what one viewer may ask for
  uint64_t keyframe_requests_total = 0, replays_total = 0;
  uint64_t dropped_packets_total = 0;  ///< the send queue was full
  uint64_t keyframe_skips_total = 0;   ///< a slow line or a full buffer: no video until a keyframe
  double fraction_lost = 0;            ///< video, from the last receiver report
  int64_t video_lost = 0;              ///< packets, from the last receiver report
  uint32_t video_octets = 0;           ///< payload that was sent (RFC 3550 §6.4.1)
  uint64_t remb_bps = 0;               ///< 0: never told
};

/// One browser that watches one stream (design section 4.7): a picture at once from the stream's
/// history, then live; NACK answered by RTX, keyframe requests from the history first. On the
/// stream's loop.
class WebRtcViewer final : public PacketSink, private IceLitePeer::Io {
 public:
  struct Options {
    IceLitePeer::Options peer;
    std::optional<sdp::ViewerTrack> audio, video;
    std::string cname;
  };
  /// What goes to the viewer.
  struct Plays {
    std::optional<Codec> audio, video;
    std::string cause;  ///< why a track does not, in plain words; empty when all do
  };
  /// Told from the loop, never from the constructor. `ended` is the last call; the viewer may be
  /// destroyed once it has returned, not from within.
  struct Events {
    std::function<void()> playing;                      ///< media flows
    std::function<void()> first_frame;                  ///< of video, where it gets video
    std::function<void(const Plays&)> changed;          ///< the phone changed a codec
    std::function<void(std::string_view info)> failed;  ///< an SDK info text
    std::function<void(EndReason reason)> stream_ended;
  };
  WebRtcViewer(Options options, Events events, const DtlsContext& dtls, Stream& stream,
               IcePort& port, MediaLoop& loop, Logger log);
  ~WebRtcViewer() override;

  void on_datagram(BytesView datagram, const SocketAddress& from, Instant now);
  void on_port_unreachable(Instant now);
  /// The kernel's buffer was full: packets for this viewer are lost. Sends nothing from within.
  void on_send_overflow();
  const std::optional<SocketAddress>& selected() const { return peer_.selected(); }
  ViewerStats stats() const;

  void on_tracks(const TrackList& tracks) override;
  void on_packet(const PacketPtr& packet) override;
  void on_end(EndReason reason) override;

 private:
  void send(BytesView datagram, const SocketAddress& to) override;
  void on_connected() override;
  void on_rtcp(BytesView plain, Instant now) override;
  void on_ended(std::string_view cause) override;

  void arm_peer_timer();
  bool follow(std::optional<TrackRewriter>& rewriter, const std::optional<TrackInfo>& track,
              std::string& cause);
  void start_video(Instant now);
  /// For video: sound has what kRoomBehindVideo keeps free.
  bool has_room(size_t bytes) const;
  void skip_to_keyframe(std::string_view cause);
  void judge_bandwidth();
  bool may_begin_video(Instant now);
  void resume_video(Instant now);
  void pump_replay();
  bool send_packet(TrackRewriter& rewriter, const Packet& packet);
  void resend(const rtcp::Nack& nack);
  void on_keyframe_request(Instant now);
  void send_reports();
  std::optional<rtcp::SenderReport> sender_report(const TrackRewriter& rewriter, MediaKind kind,
                                                  uint32_t clock_hz) const;

  Options options_;
  Events events_;
  Stream& stream_;
  IcePort& port_;
  MediaLoop& loop_;
  Logger log_;
  IceLitePeer peer_;
  Stream::Subscription subscription_;
  std::optional<TrackRewriter> audio_, video_;
  std::optional<RtpTimestamp> newest_audio_;
  uint16_t rtx_seq_;
  /// Next stream sequence of video to send while a replay is under way; live packets wait behind
  /// it.
  std::optional<uint32_t> cursor_;
  /// No video until its next keyframe.
  bool skipping_ = false;
  bool asked_while_skipping_ = false;
  Instant connected_at_{};
  std::optional<Instant> last_replay_;
  ViewerBandwidth bandwidth_;
  ResendBudget resend_budget_;
  MediaLoop::Timer peer_timer_, replay_timer_, report_timer_;
  Instant peer_timer_due_{};
  ViewerStats stats_;
  bool told_first_frame_ = false;
  bool over_ = false;
};

}  // namespace sipcast
