#pragma once
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ffmpeg/yuv_picture.hpp"

namespace sipcast::ffmpeg {

/// The picture as a PNG file, 8-bit RGB. About 15 ms for 640x360. Any thread.
/// Errors: InvalidArgument (no pixels), Unsupported (this FFmpeg has no PNG), Exhausted, Internal.
Result<Bytes> encode_png(const YuvPicture& picture);

}  // namespace sipcast::ffmpeg
