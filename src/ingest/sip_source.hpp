#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "ingest/peer_lock.hpp"
#include "ingest/silence_sender.hpp"
#include "net/media_loop.hpp"
#include "net/port_pool.hpp"
#include "rtp/receiver_stats.hpp"
#include "rtp/reorder_buffer.hpp"
#include "rtp/video_normalizer.hpp"
#include "sdp/sip_media.hpp"
#include "stream/stream.hpp"

namespace sipcast {
class DtlsContext;

/// Counted drops of one track, by reason.
struct SourceTrackStats {
  uint64_t packets_total = 0, bytes_total = 0;
  uint64_t dropped_invalid_total = 0, dropped_stranger_total = 0, dropped_payload_type_total = 0;
  uint64_t comfort_noise_total = 0;
  uint64_t dropped_unauthentic_total = 0;  // SRTP: wrong key, changed, replayed, or plain RTP
  ReorderStats reorder;
  int64_t lost = 0;
  double jitter_ms = 0;
  std::optional<uint8_t> payload_type;  ///< of what comes now
};
struct SipSourceStats {
  SourceTrackStats audio, video;
  VideoNormalizerStats frames;
};

/// The media of one SIP call: RTP in, put in order and normalised, into a Stream; RTCP both ways;
/// silence out (design section 4). On its media loop.
class SipSource : public StreamSource {
 public:
  struct Options {
    SocketAddress bind_ip;  ///< port ignored
    bool audio = true, video = true;
    std::string cname;
    ReorderBuffer::Wait reorder_wait{.least = std::chrono::milliseconds(20),
                                     .most = std::chrono::milliseconds(120)};
    Duration no_media_after = std::chrono::seconds(5);  ///< then on_no_media is told, once
    const DtlsContext* dtls = nullptr;                  ///< for DTLS-SRTP; outlives the source
  };
  struct Ports {
    uint16_t audio = 0, video = 0;
  };
  /// Takes port pairs and binds. Errors: Exhausted, Io.
  static Result<std::unique_ptr<SipSource>> open(const Options& options, MediaLoop& loop,
                                                 PortPool& ports, Stream& stream, Logger log);
  ~SipSource() override;
  Ports ports() const;
  /// The phone's SDP was accepted: from now on its packets are taken. Again at each new remote SDP.
  void connect(const sdp::SipAgreement& agreement);
  /// RTCP BYE to the phone; nothing is taken or sent any more.
  void close();
  void ask_keyframe(const KeyframeAsk& ask) override;
  /// Plays digits as RFC 4733 events; nothing when the phone did not take telephone-event.
  void play_digits(std::string_view digits);
  SipSourceStats stats() const;

  /// INFO picture_fast_update is wanted: SIP is not ours.
  std::function<void()> on_info_wanted;
  /// The phone played a digit (RFC 4733).
  std::function<void(char)> on_digit;
  /// Connected, and no valid packet came within Options::no_media_after.
  std::function<void()> on_no_media;

 private:
  class Track;
  SipSource(const Options& options, MediaLoop& loop, Stream& stream, Logger log);
  void tell_tracks();
  void tick_silence();
  void tick_reports();
  void tick_stream();
  void arm_timers();

  Options options_;
  MediaLoop& loop_;
  Stream& stream_;
  Logger log_;
  std::unique_ptr<Track> audio_, video_;
  std::optional<SilenceSender> silence_;
  std::optional<uint8_t> telephone_event_;  ///< payload type of the digits that we send
  MediaLoop::Timer silence_timer_, report_timer_, stream_timer_, no_media_timer_;
  Instant next_silence_{};
  bool connected_ = false;
};

}  // namespace sipcast
