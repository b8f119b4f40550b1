#include "phone/audio_sender.hpp"

#include <utility>

#include "phone/sound.hpp"

namespace sipcast::phone {

Result<AudioSender> AudioSender::create(Sound sound, const sdp::SipMedia& media) {
  auto encoder = ffmpeg::AudioEncoder::create({.codec = media.send.codec});
  if (!encoder) return std::unexpected(encoder.error());
  return AudioSender(sound, media, std::move(*encoder));
}

AudioSender::AudioSender(Sound sound, const sdp::SipMedia& media, ffmpeg::AudioEncoder encoder)
    : sound_(sound),
      codec_(media.send.codec),
      payload_type_(media.send.payload_type),
      telephone_event_(media.telephone_event),
      encoder_(std::move(encoder)),
      rtp_(clock_rate_hz(media.send.codec)),
      dtmf_(clock_rate_hz(media.send.codec)),
      samples_(ffmpeg::samples_per_frame(media.send.codec)) {}

void AudioSender::set_payload_types(const sdp::SipMedia& media) {
  payload_type_ = media.send.payload_type;
  telephone_event_ = media.telephone_event;
}

void AudioSender::start_dtmf(std::string_view digits) {
  if (telephone_event_) dtmf_.start(digits);
}

Result<std::vector<Bytes>> AudioSender::frame(uint64_t frame) {
  const RtpTimestamp timestamp = rtp_.timestamp(static_cast<int64_t>(frame) * kAudioFrame);
  // The encoder hears the tone during a digit too, so that it has no step in its history.
  fill_sound(sound_, ffmpeg::sample_rate_hz(codec_), frame * samples_.size(), samples_);
  const auto payload = encoder_.encode(samples_);
  if (!payload) return std::unexpected(payload.error());
  std::vector<Bytes> packets;
  for (const DtmfSender::Packet& event : dtmf_.step(timestamp)) {
    packets.push_back(
        rtp_.packet(telephone_event_.value_or(0), event.marker, event.timestamp, event.payload));
  }
  if (packets.empty() && !payload->empty()) {
    packets.push_back(rtp_.packet(payload_type_, talkspurt_, timestamp, *payload));
    talkspurt_ = false;
  }
  return packets;
}

}  // namespace sipcast::phone
