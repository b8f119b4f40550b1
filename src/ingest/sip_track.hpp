#pragma once
#include "ingest/dtls_leg.hpp"
#include "ingest/sip_source.hpp"
#include "ingest/track_srtp.hpp"
#include "rtp/telephone_event.hpp"

namespace sipcast {

/// One medium of a call: its two sockets, from the datagram to the stream.
class SipSource::Track final {
 public:
  Track(SipSource& source, MediaKind kind, PortPool::Pair ports);
  Result<void> bind();
  void connect(const sdp::SipMedia& media);
  void disconnect();

  void on_rtp(BytesView datagram, const SocketAddress& from, Instant now);
  void on_rtcp(BytesView datagram, const SocketAddress& from, Instant now);
  /// Gaps that are due, and a frame without end.
  void on_timer(Instant now);
  std::optional<Instant> deadline() const;

  /// Whether the phone takes RTP of ours.
  bool may_send() const;
  void send_rtp(BytesView packet);
  /// Opens a NAT for a port that sends no RTP, and keeps it open: to be called some times a minute.
  void keep_open(Instant now);
  void send_rtcp(BytesView packet);
  /// RR or, with `report`, SR; SDES; and `more`.
  void send_report(const std::optional<rtcp::SenderReport>& report, Instant now,
                   const std::vector<rtcp::Packet>& more = {});
  void ask_keyframe(const KeyframeAsk& ask);

  uint16_t port() const { return ports_.rtp(); }
  bool connected() const { return media_.has_value(); }
  /// What the phone sends; none while it sends nothing.
  std::optional<TrackInfo> info() const;
  SourceTrackStats stats() const;
  const VideoNormalizerStats& frame_stats() const;

 private:
  struct Reader final : DatagramReader {
    explicit Reader(void (Track::*take)(BytesView, const SocketAddress&, Instant), Track& track)
        : take_(take), track_(track) {}
    void on_datagram(BytesView datagram, const SocketAddress& from, Instant now) override {
      (track_.*take_)(datagram, from, now);
    }
    void (Track::*take_)(BytesView, const SocketAddress&, Instant);
    Track& track_;
  };
  void take_rtp(BytesView datagram, const SocketAddress& from, Instant now);
  void take_rtcp(BytesView datagram, const SocketAddress& from, Instant now);
  void secure();
  Result<void> use_sdes();
  void use_dtls();
  void on_dtls(std::optional<DtlsLeg>& leg, BytesView record, const SocketAddress& from,
               Instant now);
  void after_dtls(std::optional<DtlsLeg>& leg);
  void refuse_media(std::string_view cause);
  const sdp::SipCodec* agreed(uint8_t payload_type) const;
  bool follow(const sdp::SipCodec& codec, Instant now);
  void use(const sdp::SipCodec& codec);
  void flush();
  void take_in_order();
  void write_audio(const StoredRtp& rtp);
  void write_video(const StoredRtp& rtp);
  void write_frames();
  RtpTimestamp continued(const RtpView& rtp, Instant arrival);

  SipSource& source_;
  MediaKind kind_;
  PortPool::Pair ports_;
  Reader rtp_reader_, rtcp_reader_;
  std::unique_ptr<UdpSocket> rtp_socket_, rtcp_socket_;
  std::optional<sdp::SipMedia> media_;
  std::optional<sdp::SipCodec> codec_;  // of what comes now; one of media_->receive
  std::optional<Instant> codec_since_;  // it changed in the midst of packets
  std::optional<TrackSrtp> srtp_;       // none: plain RTP
  std::optional<sdp::SdesKeys> sdes_;   // that srtp_ was made with
  std::optional<DtlsLeg> rtp_dtls_, rtcp_dtls_;
  PeerLock lock_;
  std::optional<SocketAddress> rtcp_peer_;
  std::optional<Instant> kept_open_;
  Ssrc local_ssrc_;
  uint8_t fir_command_ = 0;

  ReorderBuffer reorder_;
  std::vector<StoredRtp> in_order_;
  std::optional<VideoNormalizer> normalizer_;
  std::vector<NormalFrame> frames_;
  std::optional<Instant> flush_at_;
  ReceiverStats receiver_;
  DtmfReceiver digits_;
  SourceTrackStats stats_;

  // One line of timestamps whatever the sender restarts (design section 6, one timeline).
  std::optional<Ssrc> line_ssrc_;
  uint32_t line_offset_ = 0;
  uint32_t last_out_ = 0;
  bool line_broken_ = false;   // the clock rate changed
  bool line_resumed_ = false;  // a new description: there may have been a hold
  Instant last_arrival_{};
};

}  // namespace sipcast
