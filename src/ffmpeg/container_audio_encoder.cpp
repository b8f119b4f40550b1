#include "ffmpeg/container_audio_encoder.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
}
#include <algorithm>
#include <cstring>

namespace sipcast::ffmpeg {

ContainerAudioEncoder::ContainerAudioEncoder(Coder coder, FrameFormatPtr format)
    : coder_(std::move(coder)),
      format_(std::move(format)),
      block_samples_(coder_.context->frame_size) {}

Result<ContainerAudioEncoder> ContainerAudioEncoder::create(FrameCodec codec, int bitrate_bps) {
  if (kind_of(codec) != MediaKind::Audio) return fail(Errc::InvalidArgument, "not an audio codec");
  auto coder = make_encoder(codec == FrameCodec::Aac ? "aac" : "libopus");
  if (!coder) return std::unexpected(coder.error());
  AVCodecContext& context = *coder->context;
  context.sample_fmt = codec == FrameCodec::Aac ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_FLT;
  context.sample_rate = kSampleRateHz;
  context.time_base = {1, kSampleRateHz};
  context.bit_rate = bitrate_bps;
  context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  av_channel_layout_default(&context.ch_layout, 1);
  if (codec == FrameCodec::Opus) av_opt_set(context.priv_data, "frame_duration", "20", 0);
  if (const int code = avcodec_open2(&context, nullptr, nullptr); code < 0) {
    return std::unexpected(libav_error(Errc::Internal, "audio encoder does not open", code));
  }
  AVFrame& frame = *coder->frame;
  frame.format = context.sample_fmt;
  frame.sample_rate = context.sample_rate;
  frame.nb_samples = context.frame_size;
  av_channel_layout_copy(&frame.ch_layout, &context.ch_layout);
  if (const int code = av_frame_get_buffer(&frame, 0); code < 0) {
    return std::unexpected(libav_error(Errc::Exhausted, "audio encoder", code));
  }
  auto format = std::make_shared<FrameFormat>(
      FrameFormat{.codec = codec, .setup = {}, .sample_rate_hz = kSampleRateHz, .channels = 1});
  if (context.extradata_size > 0) {
    format->setup.assign(context.extradata, context.extradata + context.extradata_size);
  }
  return ContainerAudioEncoder(std::move(*coder), std::move(format));
}

Result<void> ContainerAudioEncoder::encode(std::span<const float> samples,
                                           std::vector<Block>& blocks) {
  pending_.insert(pending_.end(), samples.begin(), samples.end());
  const auto block = static_cast<size_t>(block_samples_);
  size_t done = 0;
  Result<void> result;
  for (; result && pending_.size() - done >= block; done += block) {
    result = encode_block(std::span(pending_).subspan(done, block), blocks);
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(done));
  return result;
}

Result<void> ContainerAudioEncoder::encode_block(std::span<const float> samples,
                                                 std::vector<Block>& blocks) {
  AVFrame& frame = *coder_.frame;
  int code = av_frame_make_writable(&frame);
  if (code < 0) return std::unexpected(libav_error(Errc::Exhausted, "audio encoder", code));
  std::memcpy(frame.data[0], samples.data(), samples.size_bytes());  // mono: planar is packed
  frame.pts = taken_;
  taken_ += block_samples_;
  code = avcodec_send_frame(coder_.context.get(), &frame);
  while (code >= 0) {
    code = avcodec_receive_packet(coder_.context.get(), coder_.packet.get());
    if (code == AVERROR(EAGAIN)) return {};
    if (code < 0) break;
    const AVPacket& packet = *coder_.packet;
    // FFmpeg's time stamps have the delay taken off already: the first ones are negative. A block
    // that is nothing but delay is of no use to anybody.
    if (packet.pts + block_samples_ > 0) {
      blocks.push_back({packet.pts, Bytes(packet.data, packet.data + packet.size)});
    }
    av_packet_unref(coder_.packet.get());
  }
  return std::unexpected(libav_error(Errc::Internal, "audio encoder", code));
}

}  // namespace sipcast::ffmpeg
