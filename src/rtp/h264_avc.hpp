#pragma once
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sipcast::h264 {

/// One access unit in the shape of containers (ISO 14496-15 §5.3.2).
struct AvcSample {
  Bytes bytes;                  ///< NAL units behind lengths of four bytes
  std::vector<Bytes> sps, pps;  ///< the parameter sets that it brought: they are not in `bytes`
  bool idr = false;
};

/// From an Annex B byte stream as append_frame_bytes makes it. Access unit delimiters, filler and
/// empty NAL units are left out.
AvcSample to_avc(BytesView annex_b);

/// The AVCDecoderConfigurationRecord (ISO 14496-15 §5.3.3.1) of these parameter sets. Errors:
/// InvalidArgument (no SPS or PPS, too many, one too long).
Result<Bytes> avc_decoder_configuration(const std::vector<Bytes>& sps,
                                        const std::vector<Bytes>& pps);

}  // namespace sipcast::h264
