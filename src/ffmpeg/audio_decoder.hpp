#pragma once
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ffmpeg/libav_handles.hpp"
#include "media/track.hpp"

namespace sipcast::ffmpeg {

/// Decodes RTP payloads of Opus, G.722 and G.711 to 16-bit mono at sample_rate_hz(codec). One
/// thread at a time.
class AudioDecoder {
 public:
  /// Errors: InvalidArgument (no audio codec), Unsupported, Internal.
  static Result<AudioDecoder> create(Codec codec);
  /// Errors: BadSyntax (the decoder refuses the bytes; the next payload may be fine), Exhausted.
  Result<std::vector<int16_t>> decode(BytesView payload);

 private:
  explicit AudioDecoder(Coder coder) : coder_(std::move(coder)) {}
  Coder coder_;
};

}  // namespace sipcast::ffmpeg
