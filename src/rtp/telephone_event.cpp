#include "rtp/telephone_event.hpp"

namespace sipcast {
namespace {

constexpr std::string_view kDigits = "0123456789*#ABCD";
constexpr uint8_t kEnd = 0x80;
constexpr uint8_t kVolume = 10;  // -10 dBm0
constexpr unsigned kStepsOn = 8;
constexpr unsigned kSteps = kStepsOn + 5;
constexpr int kEndPackets = 3;  // RFC 4733 §2.5.1.4: the last packet is sent three times

}  // namespace

Bytes write_telephone_event(const TelephoneEvent& event) {
  Bytes payload;
  ByteWriter out(payload);
  out.u8(static_cast<uint8_t>(kDigits.find(event.digit)));
  out.u8(static_cast<uint8_t>((event.end ? kEnd : 0) | kVolume));
  out.u16(event.duration);
  return payload;
}

std::optional<TelephoneEvent> read_telephone_event(BytesView payload) {
  ByteReader in(payload);
  const unsigned event = in.u8();
  const unsigned flags = in.u8();
  const uint16_t duration = in.u16();
  if (in.failed() || event >= kDigits.size()) return {};
  return TelephoneEvent{.digit = kDigits[event], .end = (flags & kEnd) != 0, .duration = duration};
}

std::vector<DtmfSender::Packet> DtmfSender::step(RtpTimestamp now) {
  finished_.reset();
  std::vector<Packet> packets;
  if (waiting_.empty()) return packets;
  if (step_ == 0) began_ = now;
  const unsigned step = step_++;
  if (step < kStepsOn) {
    const bool end = step + 1 == kStepsOn;
    const Bytes payload =
        write_telephone_event({.digit = waiting_.front(),
                               .end = end,
                               .duration = static_cast<uint16_t>((step + 1) * ticks_)});
    for (int copy = 0; copy < (end ? kEndPackets : 1); ++copy) {
      packets.push_back({.marker = step == 0, .timestamp = began_, .payload = payload});
    }
    if (end) finished_ = waiting_.front();
  }
  if (step_ == kSteps) {
    waiting_.erase(0, 1);
    step_ = 0;
  }
  return packets;
}

std::optional<char> DtmfReceiver::on_packet(BytesView payload, RtpTimestamp timestamp) {
  const auto event = read_telephone_event(payload);
  if (!event || !event->end || last_ == timestamp) return {};
  last_ = timestamp;
  return event->digit;
}

}  // namespace sipcast
