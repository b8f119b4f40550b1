#include "ffmpeg/sound.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}
#include "ffmpeg/container_audio_encoder.hpp"
#include "ffmpeg/libav_handles.hpp"
#include "ffmpeg/libav_log.hpp"

namespace sipcast::ffmpeg {
namespace {

constexpr size_t kMostSamples = 600u * ContainerAudioEncoder::kSampleRateHz;

struct CloseInput {
  void operator()(AVFormatContext* context) const noexcept { avformat_close_input(&context); }
};
struct FreeSwr {
  void operator()(SwrContext* context) const noexcept { swr_free(&context); }
};

Result<SoundPtr> encode_sound(std::vector<float> samples, int bitrate_bps) {
  auto encoder = ContainerAudioEncoder::create(FrameCodec::Aac, bitrate_bps);
  if (!encoder) return std::unexpected(encoder.error());
  samples.resize(samples.size() + 2048);  // pushes the last block through the encoder's delay
  std::vector<ContainerAudioEncoder::Block> blocks;
  if (auto encoded = encoder->encode(samples, blocks); !encoded) {
    return std::unexpected(encoded.error());
  }
  auto sound = std::make_shared<Sound>();
  for (auto& block : blocks) sound->blocks.push_back(std::move(block.payload));
  if (sound->blocks.empty()) return fail(Errc::BadSyntax, "no sound");
  return SoundPtr(std::move(sound));
}

/// Decodes the best sound track of an open file to 48 kHz mono.
class FileDecoder {
 public:
  static Result<std::vector<float>> decode(AVFormatContext& file) {
    const AVCodec* codec = nullptr;
    const int track = av_find_best_stream(&file, AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
    if (track < 0 || codec == nullptr) return fail(Errc::BadSyntax, "no sound in the file");
    auto coder = make_decoder(codec->name);
    if (!coder) return std::unexpected(coder.error());
    int code = avcodec_parameters_to_context(coder->context.get(), file.streams[track]->codecpar);
    if (code >= 0) code = avcodec_open2(coder->context.get(), codec, nullptr);
    if (code < 0) return std::unexpected(libav_error(Errc::BadSyntax, "sound file", code));
    FileDecoder decoder(std::move(*coder));
    while (decoder.samples_.size() < kMostSamples &&
           av_read_frame(&file, decoder.coder_.packet.get()) >= 0) {
      if (decoder.coder_.packet->stream_index == track) {
        decoder.feed(decoder.coder_.packet.get());
      }
      av_packet_unref(decoder.coder_.packet.get());
    }
    decoder.feed(nullptr);
    return std::move(decoder.samples_);
  }

 private:
  explicit FileDecoder(Coder coder) : coder_(std::move(coder)) {}

  void feed(const AVPacket* packet) {
    if (avcodec_send_packet(coder_.context.get(), packet) < 0) return;
    while (avcodec_receive_frame(coder_.context.get(), coder_.frame.get()) >= 0) resample();
  }
  void resample() {
    const AVFrame& frame = *coder_.frame;
    if (!swr_) {
      AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
      AVChannelLayout from = frame.ch_layout;
      SwrContext* made = nullptr;
      swr_alloc_set_opts2(&made, &mono, AV_SAMPLE_FMT_FLT, ContainerAudioEncoder::kSampleRateHz,
                          &from, static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0,
                          nullptr);
      swr_.reset(made);
      if (!swr_ || swr_init(swr_.get()) < 0) return;
    }
    const int room = swr_get_out_samples(swr_.get(), frame.nb_samples);
    if (room <= 0) return;
    const size_t before = samples_.size();
    samples_.resize(before + static_cast<size_t>(room));
    auto* out = reinterpret_cast<uint8_t*>(samples_.data() + before);
    const int count = swr_convert(
        swr_.get(), &out, room, const_cast<const uint8_t**>(frame.extended_data), frame.nb_samples);
    samples_.resize(before + static_cast<size_t>(count < 0 ? 0 : count));
  }

  Coder coder_;
  std::unique_ptr<SwrContext, FreeSwr> swr_;
  std::vector<float> samples_;
};

}  // namespace

Result<SoundPtr> make_silence(int bitrate_bps) {
  return encode_sound(std::vector<float>(ContainerAudioEncoder::kSampleRateHz), bitrate_bps);
}

Result<SoundPtr> load_sound(const std::string& path, int bitrate_bps) {
  const LibavComplaints complaints;
  AVFormatContext* opened = nullptr;
  const int code = avformat_open_input(&opened, ("file:" + path).c_str(), nullptr, nullptr);
  const std::unique_ptr<AVFormatContext, CloseInput> file(opened);
  if (code == AVERROR(ENOENT)) return fail(Errc::NotFound, "File not found");
  if (code < 0) return std::unexpected(libav_error(Errc::BadSyntax, "sound file", code));
  if (avformat_find_stream_info(file.get(), nullptr) < 0) {
    return fail(Errc::BadSyntax, "no sound in the file");
  }
  auto samples = FileDecoder::decode(*file);
  if (!samples) return std::unexpected(samples.error());
  if (samples->empty()) return fail(Errc::BadSyntax, "no sound in the file");
  return encode_sound(std::move(*samples), bitrate_bps);
}

}  // namespace sipcast::ffmpeg
