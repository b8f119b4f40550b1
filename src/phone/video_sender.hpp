#pragma once
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "ffmpeg/video_encoder.hpp"
#include "phone/phone_options.hpp"
#include "phone/test_card.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/rtp_sender.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast::phone {

/// What the encoder of a call is opened with. `mode` only matters for H.264.
ffmpeg::VideoEncoder::Options video_encoder_options(const PhoneOptions& options, Codec codec,
                                                    PacketizationMode mode);

/// Makes the RTP packets of the live test card: draws, encodes, cuts, and adds the faults that the
/// options ask for. Media loop; no I/O, no clock.
class VideoSender {
 public:
  struct Stats {
    uint64_t frames_total = 0;
    uint64_t keyframes_total = 0;
    uint64_t frames_lost_on_purpose_total = 0;
  };
  /// `codec` is what was agreed on. Errors: those of VideoEncoder::create.
  static Result<VideoSender> create(const PhoneOptions& options, const sdp::SipCodec& codec);

  /// Media time of frame number `frame`.
  Duration media_time(uint64_t frame) const;
  /// The packets of frame number `frame`, drawn and encoded now. Frames may be left out (hold), but
  /// never go back. Empty when the frame is one that gets lost.
  /// Errors: those of VideoEncoder::encode.
  Result<std::vector<Bytes>> frame(uint64_t frame, WallTime now);
  /// The next frame is a keyframe, unless options say that this phone does not listen.
  void request_keyframe() { keyframe_wanted_ = true; }
  /// The payload type of a later answer.
  void set_payload_type(uint8_t payload_type) { payload_type_ = payload_type; }
  const RtpSender& rtp() const { return rtp_; }
  const Stats& stats() const { return stats_; }

 private:
  VideoSender(const PhoneOptions& options, const sdp::SipCodec& codec,
              ffmpeg::VideoEncoder encoder);
  TestCard::Moment moment(uint64_t frame, std::string_view clock, WallTime now) const;
  void packetize_h264_frame(BytesView bytes, RtpTimestamp timestamp, std::vector<Bytes>& out);
  void add_packets(const std::vector<Bytes>& payloads, RtpTimestamp timestamp,
                   std::vector<Bytes>& out);
  bool is_lost(uint64_t frame) const;
  Result<void> resize();

  PhoneOptions options_;
  Codec codec_;
  PacketizationMode mode_;
  uint8_t payload_type_;
  ffmpeg::VideoEncoder encoder_;
  TestCard card_;
  RtpSender rtp_;
  uint16_t picture_id_;
  bool keyframe_wanted_ = false;
  Stats stats_;
};

}  // namespace sipcast::phone
