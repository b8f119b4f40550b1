#include "ffmpeg/libav_handles.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
}
#include <fmt/format.h>

#include <array>

namespace sipcast::ffmpeg {
namespace {

Result<Coder> make_coder(const AVCodec* codec, const char* name) {
  av_log_set_level(AV_LOG_QUIET);
  if (codec == nullptr) return fail(Errc::Unsupported, fmt::format("FFmpeg here has no {}", name));
  Coder coder{.context = ContextHandle(avcodec_alloc_context3(codec)),
              .frame = FrameHandle(av_frame_alloc()),
              .packet = PacketHandle(av_packet_alloc())};
  if (!coder.context || !coder.frame || !coder.packet) {
    return fail(Errc::Exhausted, fmt::format("{}: no memory", name));
  }
  coder.context->thread_count = 1;
  return coder;
}

}  // namespace

void FreeLibav::operator()(AVCodecContext* context) const noexcept {
  avcodec_free_context(&context);
}
void FreeLibav::operator()(AVFrame* frame) const noexcept { av_frame_free(&frame); }
void FreeLibav::operator()(AVPacket* packet) const noexcept { av_packet_free(&packet); }

Result<Coder> make_encoder(const char* name) {
  return make_coder(avcodec_find_encoder_by_name(name), name);
}

Result<Coder> make_decoder(const char* name) {
  return make_coder(avcodec_find_decoder_by_name(name), name);
}

Error libav_error(Errc code, std::string_view what, int libav_code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(libav_code, text.data(), text.size());
  return Error{code, fmt::format("{}: {}", what, text.data())};
}

}  // namespace sipcast::ffmpeg
