#pragma once
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "rtp/sequence_number.hpp"

namespace sipcast {

/// One RTP packet (RFC 3550 §5.1); the views point into the parsed bytes.
struct RtpView {
  bool marker = false;
  uint8_t payload_type = 0;
  SequenceNumber seq;
  RtpTimestamp timestamp;
  Ssrc ssrc;
  BytesView extension;
  BytesView payload;
};

/// Errors: Truncated, BadVersion, BadPadding.
Result<RtpView> parse_rtp(BytesView bytes);

/// True for RTCP among datagrams of a muxed port (RFC 5761 §4): second byte 192-223.
bool is_rtcp(BytesView datagram);

struct RtpHeader {
  bool marker = false;
  uint8_t payload_type = 0;
  SequenceNumber seq;
  RtpTimestamp timestamp;
  Ssrc ssrc;
};
inline constexpr size_t kRtpHeaderSize = 12;
/// Writes the 12 bytes of a header without CSRCs and extension to the front of `out`.
void write_rtp_header(const RtpHeader& header, std::span<uint8_t> out);

}  // namespace sipcast
