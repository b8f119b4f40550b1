#include "ingest/silence_sender.hpp"

#include <utility>

#include "base/random.hpp"

namespace sipcast {
namespace {

/// 20 ms of silence in each codec's own coding.
Bytes silence(Codec codec) {
  switch (codec) {
    case Codec::Pcmu:
      return Bytes(160, 0xff);
    case Codec::Pcma:
      return Bytes(160, 0xd5);
    case Codec::G722:
      return Bytes(160, 0xfa);  // zero difference in both sub-bands
    case Codec::Opus:
      return {0xf8, 0xff, 0xfe};  // 20 ms CELT full band, no energy
    case Codec::H264:
    case Codec::Vp8:
      break;
  }
  return {};
}

}  // namespace

SilenceSender::SilenceSender(Codec codec, uint8_t payload_type, Ssrc ssrc)
    : codec_(codec),
      header_{.marker = true,
              .payload_type = payload_type,
              .seq = SequenceNumber(static_cast<uint16_t>(random_u32() & 0x7fff)),
              .timestamp = RtpTimestamp{random_u32()},
              .ssrc = ssrc},
      packet_(kRtpHeaderSize),
      ticks_per_packet_(clock_rate_hz(codec) / 50) {
  const Bytes payload = silence(codec_);
  packet_.insert(packet_.end(), payload.begin(), payload.end());
}

BytesView SilenceSender::next() {
  if (packets_ > 0) {
    header_.seq = header_.seq.plus(1);
    header_.timestamp.value += ticks_per_packet_;
    header_.marker = false;  // only the first packet of a talkspurt carries it (RFC 3551 §4.1)
  }
  ++packets_;
  write_rtp_header(header_, packet_);
  return packet_;
}

std::optional<rtcp::SenderReport> SilenceSender::report(WallTime wall) const {
  if (packets_ == 0) return {};
  return rtcp::SenderReport{
      .ssrc = header_.ssrc,
      .ntp = to_ntp(wall),
      .timestamp = header_.timestamp,
      .packets = packets_,
      .octets = packets_ * static_cast<uint32_t>(packet_.size() - kRtpHeaderSize),
      .blocks = {}};
}

}  // namespace sipcast
