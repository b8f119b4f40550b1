#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/media_loop.hpp"
#include "phone/audio_sender.hpp"
#include "phone/far_audio.hpp"
#include "phone/json_line.hpp"
#include "phone/media_port.hpp"
#include "phone/phone_options.hpp"
#include "phone/video_sender.hpp"
#include "rtp/receiver_stats.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/telephone_event.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast::phone {

enum class KeyframeSource : uint8_t { Pli, Fir, Info };

/// The media of one call: sockets, pace, encoders, RTCP. Both tracks and their sender reports are
/// stamped from one clock that starts with the first apply(). Made, used and destroyed on the media
/// loop.
class PhoneMedia final : private MediaPort::Observer {
 public:
  struct Ports {
    uint16_t audio = 0, video = 0;  ///< 0: not wanted
  };
  /// Errors: Io, when no port is free.
  static Result<std::unique_ptr<PhoneMedia>> open(MediaLoop& loop, const PhoneOptions& options,
                                                  uint64_t call, EventSink events, Logger log);
  Ports ports() const;
  /// What was agreed on: starts the media, or changes addresses and direction (hold, resume).
  void apply(const sdp::SipAgreement& agreement);
  /// The call is answered: digits are sent a second later.
  void established();
  void on_keyframe_request(KeyframeSource source);
  /// Says goodbye by RTCP, sends nothing more, and adds the counters of the call to `ended`.
  void stop(JsonLine& ended);

 private:
  /// One negotiated track.
  struct Leg {
    std::unique_ptr<MediaPort> port;
    std::optional<sdp::SipMedia> media;
    std::optional<ReceiverStats> received;
    uint64_t next_frame = 0;
    bool sending() const;
  };
  struct Requests {
    uint64_t pli = 0, fir = 0, info = 0, stray = 0, honoured = 0, nack = 0;
  };

  PhoneMedia(MediaLoop& loop, const PhoneOptions& options, uint64_t call, EventSink events,
             Logger log);
  void on_rtp(MediaKind kind, BytesView datagram, Instant now) override;
  void on_rtcp(MediaKind kind, BytesView datagram, Instant now) override;
  void on_rtcp_packet(MediaKind kind, const rtcp::Packet& packet, Instant now);
  void on_report_blocks(const std::vector<rtcp::ReportBlock>& blocks);
  void apply_audio(const std::optional<sdp::SipMedia>& media);
  void apply_video(const std::optional<sdp::SipMedia>& media);

  void on_timer();
  void schedule();
  Instant due(MediaKind kind) const;
  void send_audio(Instant now);
  void send_video(Instant now);
  void send_reports(Instant now);
  void send_report(Leg& leg, const RtpSender& rtp, Instant now,
                   const std::vector<rtcp::Packet>& more);
  void answer_keyframe_requests();
  void fail_with(const Error& error);
  JsonLine event(std::string_view name) const;
  JsonLine heard() const;

  MediaLoop& loop_;
  PhoneOptions options_;
  uint64_t call_;
  EventSink events_;
  Logger log_;
  std::string cname_;
  Leg audio_leg_, video_leg_;
  std::optional<AudioSender> audio_;
  std::optional<VideoSender> video_;
  std::optional<FarAudio> far_audio_;
  DtmfReceiver far_dtmf_;

  bool started_ = false, stopped_ = false;
  Instant start_{};  // media time 0
  WallTime wall_start_{};
  Instant next_report_{};
  std::optional<Instant> dtmf_at_;
  MediaLoop::Timer wake_;

  Requests requests_;
  std::optional<KeyframeSource> pending_request_;
  std::optional<uint8_t> last_fir_;
  uint64_t reports_ = 0;
  int64_t reported_video_lost_ = 0;
  uint64_t digits_sent_ = 0;
};

}  // namespace sipcast::phone
