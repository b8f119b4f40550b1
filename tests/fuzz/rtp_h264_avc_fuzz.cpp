// Any bytes as an access unit: what goes into containers has whole lengths, and their sum.
#include "base/check.hpp"
#include "rtp/h264_avc.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto sample = sipcast::h264::to_avc({data, size});
  sipcast::ByteReader in(sample.bytes);
  while (in.remaining() > 0) CHECK(!in.bytes(in.u32()).empty() && !in.failed());
  (void)sipcast::h264::avc_decoder_configuration(sample.sps, sample.pps);
  return 0;
}
