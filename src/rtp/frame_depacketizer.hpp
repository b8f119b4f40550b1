#pragma once
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "media/track.hpp"

namespace sipcast {

/// Appends what one video payload adds to its frame: H.264 as an Annex B byte stream with start
/// codes of four bytes (single NAL unit, STAP-A, FU-A), VP8 as the frame's bytes. Payloads come in
/// order and without gaps, as a NormalFrame or a stream's packets have them.
/// Errors: Truncated, BadSyntax, Unsupported (another codec or payload structure); then nothing was
/// appended.
Result<void> append_frame_bytes(Codec codec, BytesView payload, Bytes& frame);

/// The bytes of a whole frame. Errors as above.
Result<Bytes> depacketize_frame(Codec codec, const std::vector<Bytes>& payloads);

}  // namespace sipcast
