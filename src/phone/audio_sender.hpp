#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "ffmpeg/audio_encoder.hpp"
#include "phone/phone_options.hpp"
#include "rtp/rtp_sender.hpp"
#include "rtp/telephone_event.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast::phone {

inline constexpr Duration kAudioFrame = std::chrono::milliseconds(20);

/// Makes the RTP packets of the sound, 20 ms each, and of DTMF digits in its place. Media loop; no
/// I/O, no clock.
class AudioSender {
 public:
  /// `media` is what was agreed on. Errors: those of AudioEncoder::create.
  static Result<AudioSender> create(Sound sound, const sdp::SipMedia& media);

  /// The packets of the 20 ms number `frame`, frames 0, 1, 2... Some may be left out (hold).
  /// Errors: those of AudioEncoder::encode.
  Result<std::vector<Bytes>> frame(uint64_t frame);
  /// Plays digits from the next frame on; ignored when the peer takes no telephone-event.
  void start_dtmf(std::string_view digits);
  /// A digit that the last frame finished.
  std::optional<char> finished_digit() const { return dtmf_.finished(); }
  /// The payload types of a later answer.
  void set_payload_types(const sdp::SipMedia& media);
  const RtpSender& rtp() const { return rtp_; }

 private:
  AudioSender(Sound sound, const sdp::SipMedia& media, ffmpeg::AudioEncoder encoder);
  Sound sound_;
  Codec codec_;
  uint8_t payload_type_;
  std::optional<uint8_t> telephone_event_;
  ffmpeg::AudioEncoder encoder_;
  RtpSender rtp_;
  DtmfSender dtmf_;
  bool talkspurt_ = true;  // the next sound packet is the first of one: marker (RFC 3551 §4.1)
  std::vector<int16_t> samples_;
};

}  // namespace sipcast::phone
