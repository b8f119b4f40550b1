#include "ffmpeg/audio_encoder.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
}
#include <algorithm>
#include <utility>

#include "ffmpeg/audio_codec_names.hpp"

namespace sipcast::ffmpeg {

int sample_rate_hz(Codec codec) {
  return codec == Codec::G722 ? 16'000 : static_cast<int>(clock_rate_hz(codec));
}

Result<AudioEncoder> AudioEncoder::create(const Options& options) {
  if (kind_of(options.codec) != MediaKind::Audio) {
    return fail(Errc::InvalidArgument, "not an audio codec");
  }
  auto coder = make_encoder(audio_encoder_name(options.codec));
  if (!coder) return std::unexpected(coder.error());
  AVCodecContext& context = *coder->context;
  context.sample_fmt = AV_SAMPLE_FMT_S16;
  context.sample_rate = sample_rate_hz(options.codec);
  context.time_base = {1, context.sample_rate};
  av_channel_layout_default(&context.ch_layout, 1);
  if (options.codec == Codec::Opus) {
    context.bit_rate = options.opus_bitrate_bps;
    av_opt_set(context.priv_data, "frame_duration", "20", 0);
    av_opt_set(context.priv_data, "application", "lowdelay", 0);  // 2.5 ms instead of 6.5
  }
  if (options.codec == Codec::G722) context.frame_size = 320;
  if (const int code = avcodec_open2(&context, nullptr, nullptr); code < 0) {
    return std::unexpected(libav_error(Errc::Internal, "audio encoder does not open", code));
  }
  AVFrame& frame = *coder->frame;
  frame.format = context.sample_fmt;
  frame.sample_rate = context.sample_rate;
  frame.nb_samples = static_cast<int>(samples_per_frame(options.codec));
  av_channel_layout_copy(&frame.ch_layout, &context.ch_layout);
  if (const int code = av_frame_get_buffer(&frame, 0); code < 0) {
    return std::unexpected(libav_error(Errc::Exhausted, "audio encoder", code));
  }
  return AudioEncoder(std::move(*coder));
}

Result<Bytes> AudioEncoder::encode(std::span<const int16_t> samples) {
  AVFrame& frame = *coder_.frame;
  if (samples.size() != static_cast<size_t>(frame.nb_samples)) {
    return fail(Errc::InvalidArgument, "an audio frame is 20 ms");
  }
  int code = av_frame_make_writable(&frame);
  if (code < 0) return std::unexpected(libav_error(Errc::Exhausted, "audio encoder", code));
  const auto bytes = std::as_bytes(samples);
  std::ranges::copy(bytes, reinterpret_cast<std::byte*>(frame.data[0]));
  frame.pts = next_pts_;
  next_pts_ += frame.nb_samples;
  code = avcodec_send_frame(coder_.context.get(), &frame);
  Bytes payload;
  while (code >= 0) {
    code = avcodec_receive_packet(coder_.context.get(), coder_.packet.get());
    if (code == AVERROR(EAGAIN)) return payload;
    if (code < 0) break;
    payload.insert(payload.end(), coder_.packet->data, coder_.packet->data + coder_.packet->size);
    av_packet_unref(coder_.packet.get());
  }
  return std::unexpected(libav_error(Errc::Internal, "audio encoder", code));
}

}  // namespace sipcast::ffmpeg
