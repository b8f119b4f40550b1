#include "rtp/rtp_sender.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace sipcast {

RtpSender::RtpSender(uint32_t clock_rate_hz)
    : clock_rate_hz_(clock_rate_hz),
      ssrc_{random_u32()},
      next_(static_cast<uint16_t>(random_u32())),
      first_timestamp_(random_u32()) {}

RtpTimestamp RtpSender::timestamp(Duration media_time) const {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(media_time).count();
  const int64_t ticks = (us * clock_rate_hz_ + 500'000) / 1'000'000;
  return RtpTimestamp{first_timestamp_ + static_cast<uint32_t>(ticks)};
}

Bytes RtpSender::packet(uint8_t payload_type, bool marker, RtpTimestamp timestamp,
                        BytesView payload) {
  Bytes bytes(kRtpHeaderSize + payload.size());
  write_rtp_header({.marker = marker,
                    .payload_type = payload_type,
                    .seq = next_,
                    .timestamp = timestamp,
                    .ssrc = ssrc_},
                   bytes);
  std::ranges::copy(payload, bytes.begin() + kRtpHeaderSize);
  next_ = next_.plus(1);
  ++packets_;
  octets_ += payload.size();
  return bytes;
}

rtcp::SenderReport RtpSender::report(Duration media_time, WallTime wall) const {
  return {.ssrc = ssrc_,
          .ntp = to_ntp(wall),
          .timestamp = timestamp(media_time),
          .packets = static_cast<uint32_t>(packets_),
          .octets = static_cast<uint32_t>(octets_),
          .blocks = {}};
}

}  // namespace sipcast
