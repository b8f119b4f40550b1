#include "ffmpeg/audio_decoder.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
}
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "ffmpeg/audio_codec_names.hpp"
#include "ffmpeg/audio_encoder.hpp"

namespace sipcast::ffmpeg {
namespace {

constexpr size_t kMaxPayload = 8192;  // far above any audio payload in one datagram

/// The sample at `index` of one channel as [-1, 1]; 0 for formats that our decoders do not give.
double sample_at(const AVFrame& frame, int channel, int index) {
  const bool planar = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(frame.format)) != 0;
  const int channels = frame.ch_layout.nb_channels;
  const uint8_t* plane = frame.extended_data[planar ? channel : 0];
  const auto position = static_cast<size_t>(planar ? index : index * channels + channel);
  if (frame.format == AV_SAMPLE_FMT_S16 || frame.format == AV_SAMPLE_FMT_S16P) {
    int16_t value = 0;
    std::memcpy(&value, plane + position * sizeof value, sizeof value);
    return value / 32768.0;
  }
  if (frame.format == AV_SAMPLE_FMT_FLT || frame.format == AV_SAMPLE_FMT_FLTP) {
    float value = 0;
    std::memcpy(&value, plane + position * sizeof value, sizeof value);
    return std::isfinite(value) ? value : 0.0;
  }
  return 0;
}

void append_mono(const AVFrame& frame, std::vector<int16_t>& out) {
  const int channels = std::max(1, frame.ch_layout.nb_channels);
  for (int i = 0; i < frame.nb_samples; ++i) {
    double sum = 0;
    for (int channel = 0; channel < channels; ++channel) sum += sample_at(frame, channel, i);
    out.push_back(
        static_cast<int16_t>(std::lround(std::clamp(sum / channels * 32768.0, -32768.0, 32767.0))));
  }
}

}  // namespace

Result<AudioDecoder> AudioDecoder::create(Codec codec) {
  if (kind_of(codec) != MediaKind::Audio) return fail(Errc::InvalidArgument, "not an audio codec");
  auto coder = make_decoder(audio_decoder_name(codec));
  if (!coder) return std::unexpected(coder.error());
  coder->context->sample_rate = sample_rate_hz(codec);
  // RFC 7587 §7: Opus is always decoded as stereo; a mono packet comes out twice.
  av_channel_layout_default(&coder->context->ch_layout, codec == Codec::Opus ? 2 : 1);
  if (const int code = avcodec_open2(coder->context.get(), nullptr, nullptr); code < 0) {
    return std::unexpected(libav_error(Errc::Internal, "audio decoder does not open", code));
  }
  return AudioDecoder(std::move(*coder));
}

Result<std::vector<int16_t>> AudioDecoder::decode(BytesView payload) {
  if (payload.empty() || payload.size() > kMaxPayload) {
    return fail(Errc::BadSyntax, "audio payload of an odd size");
  }
  int code = av_new_packet(coder_.packet.get(), static_cast<int>(payload.size()));
  if (code < 0) return std::unexpected(libav_error(Errc::Exhausted, "audio decoder", code));
  std::ranges::copy(payload, coder_.packet->data);
  code = avcodec_send_packet(coder_.context.get(), coder_.packet.get());
  av_packet_unref(coder_.packet.get());
  std::vector<int16_t> samples;
  while (code >= 0) {
    code = avcodec_receive_frame(coder_.context.get(), coder_.frame.get());
    if (code == AVERROR(EAGAIN)) return samples;
    if (code == 0) append_mono(*coder_.frame, samples);
  }
  return std::unexpected(libav_error(Errc::BadSyntax, "audio decoder", code));
}

}  // namespace sipcast::ffmpeg
