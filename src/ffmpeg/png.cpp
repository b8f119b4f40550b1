#include "ffmpeg/png.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
}
#include <algorithm>

#include "ffmpeg/libav_handles.hpp"

namespace sipcast::ffmpeg {
namespace {

uint8_t clamp_byte(int value) { return static_cast<uint8_t>(std::clamp(value, 0, 255)); }

/// BT.601 to RGB with factors of 1/65536.
struct ToRgb {
  int black, luma, red_v, green_u, green_v, blue_u;
};
constexpr ToRgb kLimited{16, 76309, 104597, 25675, 53279, 132201};
constexpr ToRgb kFull{0, 65536, 91881, 22554, 46802, 116130};

void write_row(const YuvPicture& picture, int row, uint8_t* out) {
  const ToRgb& f = picture.range == YuvPicture::Range::Full ? kFull : kLimited;
  const auto width = static_cast<size_t>(picture.width);
  const uint8_t* y = picture.y.data() + static_cast<size_t>(row) * width;
  const size_t chroma = static_cast<size_t>(row / 2) * (width / 2);
  for (size_t x = 0; x < width; ++x) {
    const int luma = f.luma * (y[x] - f.black) + 32768;
    const int u = picture.u[chroma + x / 2] - 128, v = picture.v[chroma + x / 2] - 128;
    *out++ = clamp_byte((luma + f.red_v * v) >> 16);
    *out++ = clamp_byte((luma - f.green_u * u - f.green_v * v) >> 16);
    *out++ = clamp_byte((luma + f.blue_u * u) >> 16);
  }
}

}  // namespace

Result<Bytes> encode_png(const YuvPicture& picture) {
  if (picture.width <= 0 || picture.height <= 0) return fail(Errc::InvalidArgument, "no picture");
  auto coder = make_encoder("png");
  if (!coder) return std::unexpected(coder.error());
  AVCodecContext& context = *coder->context;
  context.width = picture.width;
  context.height = picture.height;
  context.pix_fmt = AV_PIX_FMT_RGB24;
  context.time_base = {1, 1};
  context.compression_level = 3;
  av_opt_set(context.priv_data, "pred", "sub", 0);
  if (const int code = avcodec_open2(&context, nullptr, nullptr); code < 0) {
    return std::unexpected(libav_error(Errc::Internal, "the PNG encoder does not open", code));
  }
  AVFrame& frame = *coder->frame;
  frame.format = context.pix_fmt;
  frame.width = context.width;
  frame.height = context.height;
  if (const int code = av_frame_get_buffer(&frame, 0); code < 0) {
    return std::unexpected(libav_error(Errc::Exhausted, "PNG", code));
  }
  for (int row = 0; row < picture.height; ++row) {
    write_row(picture, row, frame.data[0] + static_cast<ptrdiff_t>(row) * frame.linesize[0]);
  }
  int code = avcodec_send_frame(&context, &frame);
  if (code >= 0) code = avcodec_receive_packet(&context, coder->packet.get());
  if (code < 0) return std::unexpected(libav_error(Errc::Internal, "PNG", code));
  return Bytes(coder->packet->data, coder->packet->data + coder->packet->size);
}

}  // namespace sipcast::ffmpeg
