#include "rtp/rtp_parser.hpp"

#include "base/check.hpp"

namespace sipcast {

Result<RtpView> parse_rtp(BytesView bytes) {
  ByteReader in(bytes);  // past the end it yields zeros and sets failed(): one check is enough
  const unsigned flags = in.u8();
  const unsigned marker_and_type = in.u8();
  RtpView rtp{.marker = (marker_and_type & 0x80) != 0,
              .payload_type = static_cast<uint8_t>(marker_and_type & 0x7f),
              .seq = SequenceNumber{in.u16()},
              .timestamp = RtpTimestamp{in.u32()},
              .ssrc = Ssrc{in.u32()},
              .extension = {},
              .payload = {}};
  in.skip(size_t{4} * (flags & 0x0f));  // CSRC list
  if (flags & 0x10) {                   // header extension: profile, length in words
    in.skip(2);
    rtp.extension = in.bytes(size_t{4} * in.u16());
  }
  rtp.payload = in.rest();
  if (in.failed()) return fail(Errc::Truncated);
  if (flags >> 6 != 2) return fail(Errc::BadVersion);
  if (flags & 0x20) {  // the last byte counts the padding, itself included
    const size_t padding = rtp.payload.empty() ? 0 : rtp.payload.back();
    if (padding == 0 || padding > rtp.payload.size()) return fail(Errc::BadPadding);
    rtp.payload = rtp.payload.first(rtp.payload.size() - padding);
  }
  return rtp;
}

bool is_rtcp(BytesView datagram) {
  return datagram.size() >= 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

void write_rtp_header(const RtpHeader& header, std::span<uint8_t> out) {
  CHECK(out.size() >= kRtpHeaderSize);
  const auto put = [&out](size_t offset, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) out[offset + i] = static_cast<uint8_t>(value >> (24 - 8 * i));
  };
  out[0] = 0x80;
  out[1] = static_cast<uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f));
  out[2] = static_cast<uint8_t>(header.seq.value() >> 8);
  out[3] = static_cast<uint8_t>(header.seq.value());
  put(4, header.timestamp.value);
  put(8, header.ssrc.value);
}

}  // namespace sipcast
