#include <algorithm>

#include "base/check.hpp"
#include "rtp/rtp_parser.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const sipcast::BytesView bytes(data, size);
  (void)sipcast::is_rtcp(bytes);
  const auto rtp = sipcast::parse_rtp(bytes);
  if (!rtp) return 0;
  CHECK(rtp->payload.size() + rtp->extension.size() + sipcast::kRtpHeaderSize <= size);
  // What was read comes back the same.
  sipcast::Bytes again(sipcast::kRtpHeaderSize);
  sipcast::write_rtp_header({.marker = rtp->marker,
                             .payload_type = rtp->payload_type,
                             .seq = rtp->seq,
                             .timestamp = rtp->timestamp,
                             .ssrc = rtp->ssrc},
                            again);
  CHECK(std::equal(again.begin() + 1, again.end(), data + 1));
  return 0;
}
