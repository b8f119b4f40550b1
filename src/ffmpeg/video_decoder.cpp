#include "ffmpeg/video_decoder.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
}
#include <algorithm>
#include <limits>

namespace sipcast::ffmpeg {
namespace {

void copy_plane(const uint8_t* from, int stride, int width, int height, Bytes& to) {
  for (int row = 0; row < height; ++row) {
    std::copy_n(from + static_cast<ptrdiff_t>(row) * stride, width,
                to.data() + static_cast<ptrdiff_t>(row) * width);
  }
}

}  // namespace

Result<VideoDecoder> VideoDecoder::create(Codec codec) {
  if (kind_of(codec) != MediaKind::Video) return fail(Errc::InvalidArgument, "not a video codec");
  auto coder = make_decoder(codec == Codec::H264 ? "h264" : "vp8");
  if (!coder) return std::unexpected(coder.error());
  coder->context->flags |= AV_CODEC_FLAG_LOW_DELAY;
  if (const int code = avcodec_open2(coder->context.get(), nullptr, nullptr); code < 0) {
    return std::unexpected(libav_error(Errc::Internal, "video decoder does not open", code));
  }
  return VideoDecoder(std::move(*coder));
}

Result<std::optional<YuvPicture>> VideoDecoder::decode(BytesView frame) {
  if (frame.empty() || frame.size() > std::numeric_limits<int>::max() / 2) {
    return fail(Errc::BadSyntax, "no frame");
  }
  // av_new_packet adds the zeros that decoders read past the end.
  if (const int code = av_new_packet(coder_.packet.get(), static_cast<int>(frame.size()));
      code < 0) {
    return std::unexpected(libav_error(Errc::Exhausted, "video decoder", code));
  }
  std::ranges::copy(frame, coder_.packet->data);
  int code = avcodec_send_packet(coder_.context.get(), coder_.packet.get());
  av_packet_unref(coder_.packet.get());
  if (code < 0) return std::unexpected(libav_error(Errc::BadSyntax, "video decoder", code));
  std::optional<YuvPicture> picture;
  while ((code = avcodec_receive_frame(coder_.context.get(), coder_.frame.get())) == 0) {
    const AVFrame& decoded = *coder_.frame;
    const bool full_range = decoded.format == AV_PIX_FMT_YUVJ420P;
    if (decoded.format != AV_PIX_FMT_YUV420P && !full_range) {
      return fail(Errc::Unsupported, "not an 8-bit 4:2:0 picture");
    }
    const int w = decoded.width & ~1, h = decoded.height & ~1;
    if (w == 0 || h == 0) return fail(Errc::Unsupported, "a picture of less than 2x2 pixels");
    picture.emplace(w, h);
    if (full_range || decoded.color_range == AVCOL_RANGE_JPEG) {
      picture->range = YuvPicture::Range::Full;
    }
    copy_plane(decoded.data[0], decoded.linesize[0], w, h, picture->y);
    copy_plane(decoded.data[1], decoded.linesize[1], w / 2, h / 2, picture->u);
    copy_plane(decoded.data[2], decoded.linesize[2], w / 2, h / 2, picture->v);
  }
  if (code != AVERROR(EAGAIN)) {
    return std::unexpected(libav_error(Errc::BadSyntax, "video decoder", code));
  }
  return picture;
}

}  // namespace sipcast::ffmpeg
