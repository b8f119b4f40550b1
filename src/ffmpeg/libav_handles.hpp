#pragma once
#include <memory>
#include <string_view>

#include "base/result.hpp"

struct AVCodecContext;
struct AVFrame;
struct AVPacket;

namespace sipcast::ffmpeg {

struct FreeLibav {
  void operator()(AVCodecContext* context) const noexcept;
  void operator()(AVFrame* frame) const noexcept;
  void operator()(AVPacket* packet) const noexcept;
};
using ContextHandle = std::unique_ptr<AVCodecContext, FreeLibav>;
using FrameHandle = std::unique_ptr<AVFrame, FreeLibav>;
using PacketHandle = std::unique_ptr<AVPacket, FreeLibav>;

/// What every coder of this folder owns. The context is not opened yet.
struct Coder {
  ContextHandle context;
  FrameHandle frame;
  PacketHandle packet;
};
/// `name` as FFmpeg lists it: "libx264", "libopus". Silences FFmpeg's log. Errors: Unsupported
/// (this FFmpeg lacks it), Exhausted (memory).
Result<Coder> make_encoder(const char* name);
Result<Coder> make_decoder(const char* name);

/// "libx264: cannot open: Invalid argument".
Error libav_error(Errc code, std::string_view what, int libav_code);

}  // namespace sipcast::ffmpeg
