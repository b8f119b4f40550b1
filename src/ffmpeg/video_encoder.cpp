#include "ffmpeg/video_encoder.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
}
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>

namespace sipcast::ffmpeg {
namespace {

constexpr int kNoMoreKeyframes = 1 << 30;  // x264's "infinite"

/// Annex B, as libx264 writes its extradata: NAL units behind 00 00 01 or 00 00 00 01.
std::vector<Bytes> split_parameter_sets(BytesView stream) {
  std::vector<Bytes> units;
  size_t start = std::string::npos;
  const auto finish = [&](size_t end) {
    if (start == std::string::npos) return;
    while (end > start && stream[end - 1] == 0) --end;  // the 4th byte of the next start code
    const unsigned type = end > start ? stream[start] & 0x1f : 0;
    if (type == 7 || type == 8) {
      units.emplace_back(stream.data() + start, stream.data() + end);
    }
  };
  for (size_t i = 0; i + 3 <= stream.size(); ++i) {
    if (stream[i] != 0 || stream[i + 1] != 0 || stream[i + 2] != 1) continue;
    finish(i);
    start = i + 3;
  }
  finish(stream.size());
  return units;
}

Result<void> check(const VideoEncoder::Options& options) {
  const auto outside = [](int value, int least, int most) { return value < least || value > most; };
  if (kind_of(options.codec) != MediaKind::Video) {
    return fail(Errc::InvalidArgument, "not a video codec");
  }
  if (outside(options.width, 16, 4096) || outside(options.height, 16, 4096) ||
      options.width % 2 != 0 || options.height % 2 != 0) {
    return fail(Errc::InvalidArgument, "picture size: even numbers from 16 to 4096");
  }
  if (outside(options.fps, 1, 120)) return fail(Errc::InvalidArgument, "fps: 1 to 120");
  if (outside(options.bitrate_kbit, 16, 100'000)) {
    return fail(Errc::InvalidArgument, "bitrate: 16 to 100,000 kbit/s");
  }
  if (options.gop_frames < 0) return fail(Errc::InvalidArgument, "GOP: 0 or more frames");
  if (options.max_nal_bytes != 0 &&
      (options.max_nal_bytes < 200 || options.max_nal_bytes > 65'000)) {
    return fail(Errc::InvalidArgument, "NAL unit limit: 200 to 65,000 bytes");
  }
  return {};
}

void set_common(AVCodecContext& context, const VideoEncoder::Options& options) {
  context.width = options.width;
  context.height = options.height;
  context.pix_fmt = AV_PIX_FMT_YUV420P;
  context.time_base = {1, options.fps};
  context.framerate = {options.fps, 1};
  context.bit_rate = int64_t{options.bitrate_kbit} * 1000;
  context.rc_max_rate = context.bit_rate * 7 / 6;
  context.rc_buffer_size = options.bitrate_kbit * 600;  // bits: 0.6 s
  context.gop_size = options.gop_frames == 0 ? kNoMoreKeyframes : options.gop_frames;
  context.max_b_frames = 0;
  context.colorspace = AVCOL_SPC_SMPTE170M;
  context.color_range = AVCOL_RANGE_MPEG;
}

void set_h264(AVCodecContext& context, size_t max_nal_bytes) {
  // The flag gives SPS and PPS as extradata; repeat-headers puts them into the stream all the same.
  context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  std::string parameters = "repeat-headers=1:annexb=1:scenecut=0:sliced-threads=0:sync-lookahead=0";
  if (max_nal_bytes != 0) parameters += fmt::format(":slice-max-size={}", max_nal_bytes);
  av_opt_set(context.priv_data, "preset", "ultrafast", 0);
  av_opt_set(context.priv_data, "tune", "zerolatency", 0);
  av_opt_set(context.priv_data, "profile", "baseline", 0);
  av_opt_set(context.priv_data, "forced-idr", "1", 0);
  av_opt_set(context.priv_data, "x264-params", parameters.c_str(), 0);
}

void set_vp8(AVCodecContext& context) {
  av_opt_set(context.priv_data, "deadline", "realtime", 0);
  av_opt_set(context.priv_data, "cpu-used", "8", 0);
  av_opt_set(context.priv_data, "lag-in-frames", "0", 0);
  av_opt_set(context.priv_data, "auto-alt-ref", "0", 0);
}

void copy_plane(const Bytes& from, int width, int height, uint8_t* to, int stride) {
  for (int row = 0; row < height; ++row) {
    std::copy_n(from.data() + static_cast<ptrdiff_t>(row) * width, width,
                to + static_cast<ptrdiff_t>(row) * stride);
  }
}

}  // namespace

Result<VideoEncoder> VideoEncoder::create(const Options& options) {
  if (auto valid = check(options); !valid) return std::unexpected(valid.error());
  const bool h264 = options.codec == Codec::H264;
  auto coder = make_encoder(h264 ? "libx264" : "libvpx");
  if (!coder) return std::unexpected(coder.error());
  AVCodecContext& context = *coder->context;
  set_common(context, options);
  if (h264) {
    set_h264(context, options.max_nal_bytes);
  } else {
    set_vp8(context);
  }
  if (const int code = avcodec_open2(&context, nullptr, nullptr); code < 0) {
    return std::unexpected(libav_error(Errc::Internal, "video encoder does not open", code));
  }
  coder->frame->format = context.pix_fmt;
  coder->frame->width = context.width;
  coder->frame->height = context.height;
  if (const int code = av_frame_get_buffer(coder->frame.get(), 0); code < 0) {
    return std::unexpected(libav_error(Errc::Exhausted, "video encoder", code));
  }
  VideoEncoder encoder(std::move(*coder));
  if (h264) {
    encoder.parameter_sets_ = split_parameter_sets(
        {context.extradata, static_cast<size_t>(std::max(0, context.extradata_size))});
  }
  return encoder;
}

Result<EncodedFrame> VideoEncoder::encode(const YuvPicture& picture, KeyframeWish wish) {
  AVCodecContext& context = *coder_.context;
  AVFrame& frame = *coder_.frame;
  if (picture.width != context.width || picture.height != context.height) {
    return fail(Errc::InvalidArgument, "the picture has another size than the encoder");
  }
  if (const int code = av_frame_make_writable(&frame); code < 0) {
    return std::unexpected(libav_error(Errc::Exhausted, "video encoder", code));
  }
  copy_plane(picture.y, picture.width, picture.height, frame.data[0], frame.linesize[0]);
  copy_plane(picture.u, picture.width / 2, picture.height / 2, frame.data[1], frame.linesize[1]);
  copy_plane(picture.v, picture.width / 2, picture.height / 2, frame.data[2], frame.linesize[2]);
  frame.pts = next_pts_++;
  frame.pict_type = wish == KeyframeWish::Now ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  if (const int code = avcodec_send_frame(&context, &frame); code < 0) {
    return std::unexpected(libav_error(Errc::Internal, "video encoder", code));
  }
  EncodedFrame encoded;
  while (true) {
    const int code = avcodec_receive_packet(&context, coder_.packet.get());
    if (code == AVERROR(EAGAIN)) return encoded;
    if (code < 0) return std::unexpected(libav_error(Errc::Internal, "video encoder", code));
    const AVPacket& packet = *coder_.packet;
    encoded.bytes.insert(encoded.bytes.end(), packet.data, packet.data + packet.size);
    encoded.keyframe = encoded.keyframe || (packet.flags & AV_PKT_FLAG_KEY) != 0;
    av_packet_unref(coder_.packet.get());
  }
}

}  // namespace sipcast::ffmpeg
