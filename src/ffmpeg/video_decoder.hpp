#pragma once
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ffmpeg/libav_handles.hpp"
#include "ffmpeg/yuv_picture.hpp"
#include "media/track.hpp"

namespace sipcast::ffmpeg {

/// Decodes H.264 (Annex B access units) or VP8 without delay: for snapshots, and as the judge in
/// tests. One thread at a time.
class VideoDecoder {
 public:
  /// Errors: InvalidArgument (no video codec), Unsupported, Internal.
  static Result<VideoDecoder> create(Codec codec);
  /// The picture of one whole frame, without the last column or row where their number is odd; none
  /// when the frame gives none. Errors: BadSyntax (the decoder refuses the bytes), Unsupported (not
  /// 8-bit 4:2:0), Exhausted.
  Result<std::optional<YuvPicture>> decode(BytesView frame);

 private:
  explicit VideoDecoder(Coder coder) : coder_(std::move(coder)) {}
  Coder coder_;
};

}  // namespace sipcast::ffmpeg
