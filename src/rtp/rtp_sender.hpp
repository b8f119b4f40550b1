#pragma once
#include "base/bytes.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/rtp_parser.hpp"

namespace sipcast {

/// Numbers and stamps the RTP packets of one track. SSRC, first sequence number and timestamp of
/// media time 0 are random (RFC 3550 §5.1). Media loop; no I/O.
class RtpSender {
 public:
  explicit RtpSender(uint32_t clock_rate_hz);
  RtpTimestamp timestamp(Duration media_time) const;
  /// One packet; the next sequence number is spent on it.
  Bytes packet(uint8_t payload_type, bool marker, RtpTimestamp timestamp, BytesView payload);
  /// RFC 3550 §6.4.1, without report blocks. `wall` is the wall clock at `media_time`.
  rtcp::SenderReport report(Duration media_time, WallTime wall) const;
  Ssrc ssrc() const { return ssrc_; }
  uint32_t clock_rate_hz() const { return clock_rate_hz_; }
  uint64_t packets() const { return packets_; }
  uint64_t octets() const { return octets_; }  ///< of payload

 private:
  uint32_t clock_rate_hz_;
  Ssrc ssrc_;
  SequenceNumber next_;
  uint32_t first_timestamp_;
  uint64_t packets_ = 0, octets_ = 0;
};

}  // namespace sipcast
