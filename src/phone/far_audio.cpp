#include "phone/far_audio.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ffmpeg/audio_encoder.hpp"

namespace sipcast::phone {
namespace {

constexpr double kSilenceDbfs = -99;
constexpr double kLoud = 100.0 * 100.0;  // mean square of a payload: -50 dB

}  // namespace

Result<FarAudio> FarAudio::create(Codec codec) {
  auto decoder = ffmpeg::AudioDecoder::create(codec);
  if (!decoder) return std::unexpected(decoder.error());
  return FarAudio(codec, std::move(*decoder));
}

void FarAudio::on_payload(BytesView payload) {
  ++packets_;
  const auto samples = decoder_.decode(payload);
  if (!samples) {
    ++undecodable_;
    return;
  }
  double squares = 0;
  uint64_t rises = 0;
  for (const int16_t sample : *samples) {
    squares += static_cast<double>(sample) * sample;
    rises += last_ < 0 && sample >= 0 ? 1 : 0;
    last_ = sample;
  }
  squares_ += squares;
  samples_ += samples->size();
  if (squares < kLoud * static_cast<double>(samples->size())) return;
  loud_samples_ += samples->size();
  rises_ += rises;
}

double FarAudio::level_dbfs() const {
  if (samples_ == 0 || squares_ == 0) return kSilenceDbfs;
  const double root = std::sqrt(squares_ / static_cast<double>(samples_));
  return std::max(kSilenceDbfs, 20 * std::log10(root / 32768));
}

double FarAudio::tone_hz() const {
  if (loud_samples_ == 0) return 0;
  return static_cast<double>(rises_) * ffmpeg::sample_rate_hz(codec_) /
         static_cast<double>(loud_samples_);
}

}  // namespace sipcast::phone
