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
    : header_{.marker = true,
              .payload_type = payload_type,
              .seq = SequenceNumber(static_cast<uint16_t>(random_u32() & 0x7fff)),
              .timestamp = RtpTimestamp{random_u32()},
              .ssrc = ssrc},
      codec_(codec),
      silence_(silence(codec)),
      digits_(clock_rate_hz(codec)),
      ticks_per_packet_(clock_rate_hz(codec) / 50) {}

void SilenceSender::change(Codec codec, uint8_t payload_type) {
  header_.payload_type = payload_type;
  if (codec == codec_) return;
  codec_ = codec;
  header_.marker = true;
  silence_ = silence(codec);
  digits_ = DtmfSender(clock_rate_hz(codec));
  ticks_per_packet_ = clock_rate_hz(codec) / 50;
}

void SilenceSender::play_digits(std::string_view digits, uint8_t telephone_event) {
  telephone_event_ = telephone_event;
  digits_.start(digits);
}

const std::vector<Bytes>& SilenceSender::next() {
  if (packets_sent_ > 0) header_.timestamp.value += ticks_per_packet_;
  packets_.clear();
  const auto add = [this](const RtpHeader& header, BytesView payload) {
    Bytes& packet = packets_.emplace_back(kRtpHeaderSize);
    packet.insert(packet.end(), payload.begin(), payload.end());
    write_rtp_header(header, packet);
    header_.seq = header_.seq.plus(1);
    ++packets_sent_;
    octets_sent_ += static_cast<uint32_t>(payload.size());
  };
  const auto events = digits_.step(header_.timestamp);
  for (const DtmfSender::Packet& event : events) {
    RtpHeader header = header_;
    header.marker = event.marker;
    header.payload_type = telephone_event_;
    header.timestamp = event.timestamp;  // of the digit's begin (RFC 4733 §2.1)
    add(header, event.payload);
  }
  // Only the first packet of a talkspurt carries the marker (RFC 3551 §4.1): sound goes on after a
  // digit with a new one.
  if (events.empty()) add(header_, silence_);
  header_.marker = !events.empty();
  return packets_;
}

std::optional<rtcp::SenderReport> SilenceSender::report(WallTime wall) const {
  if (packets_sent_ == 0) return {};
  return rtcp::SenderReport{.ssrc = header_.ssrc,
                            .ntp = to_ntp(wall),
                            .timestamp = header_.timestamp,
                            .packets = packets_sent_,
                            .octets = octets_sent_,
                            .blocks = {}};
}

}  // namespace sipcast
