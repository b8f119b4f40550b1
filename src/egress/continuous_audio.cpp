#include "egress/continuous_audio.hpp"

#include <algorithm>
#include <array>

#include "ffmpeg/audio_encoder.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

constexpr int64_t kRate = ffmpeg::ContainerAudioEncoder::kSampleRateHz;
constexpr int64_t kGap = kRate * 15 / 1000;   // from this on a difference is a gap, not drift
constexpr int64_t kMostStretch = kRate / 50;  // a second: 2 %, as fast as the timeline slews
constexpr int64_t kLongestSilence = kRate * 60;

Duration samples_to_duration(int64_t samples) {
  return std::chrono::nanoseconds(samples * 1'000'000'000 / kRate);
}
}  // namespace

Result<ContinuousAudio> ContinuousAudio::create(FrameCodec codec, int bitrate_bps, Emit emit) {
  auto encoder = ffmpeg::ContainerAudioEncoder::create(codec, bitrate_bps);
  if (!encoder) return std::unexpected(encoder.error());
  return ContinuousAudio(std::move(*encoder), std::move(emit));
}

int64_t ContinuousAudio::position_of(Instant time) const {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time - *start_).count();
  return since / 1000 * kRate / 1'000'000;
}

int64_t ContinuousAudio::written() const {
  return encoded_ + (resampler_ ? resampler_->delay() : 0);
}

bool ContinuousAudio::decode_as(Codec codec) {
  if (codec_ == codec) return decoder_ && resampler_;
  drain();
  codec_ = codec;
  decoder_.reset();
  resampler_.reset();
  auto decoder = ffmpeg::AudioDecoder::create(codec);
  auto resampler = ffmpeg::Resampler::create(ffmpeg::sample_rate_hz(codec), kRate);
  if (!decoder || !resampler) return false;
  decoder_ = std::move(*decoder);
  resampler_ = std::move(*resampler);
  return true;
}

void ContinuousAudio::push(Codec codec, Instant captured, BytesView payload) {
  if (!decode_as(codec)) return;
  auto decoded = decoder_->decode(payload);
  if (!decoded) {
    ++stats_.undecodable_total;
    return;
  }
  if (!start_) start_ = captured;
  std::span<const int16_t> in = *decoded;
  int64_t late = written() - position_of(captured);
  if (late <= -kGap) {
    drain();
    silence(position_of(captured) - encoded_);
    late = 0;
  } else if (late >= kGap) {
    const auto cut =
        std::min(in.size(), static_cast<size_t>(late * ffmpeg::sample_rate_hz(codec) / kRate));
    stats_.cut_samples_total += static_cast<uint64_t>(late);
    in = in.subspan(cut);
    late = 0;
  }
  resampler_->stretch(static_cast<int>(std::clamp(-late, -kMostStretch, kMostStretch)), kRate);
  samples_.clear();
  if (resampler_->convert(in, samples_)) encode(samples_);
}

void ContinuousAudio::fill_until(Instant time) {
  if (!start_) start_ = time;
  const int64_t missing = position_of(time) - written();
  if (missing < kGap) return;
  drain();
  silence(position_of(time) - encoded_);
}

void ContinuousAudio::drain() {
  if (!resampler_) return;
  samples_.clear();
  if (resampler_->drain(samples_)) encode(samples_);
}

void ContinuousAudio::silence(int64_t samples) {
  if (samples > kLongestSilence) {  // nobody was there for so long: the line begins anew
    *start_ += samples_to_duration(samples - kLongestSilence);
    samples = kLongestSilence;
  }
  static constexpr std::array<float, 4800> kSilence{};
  while (samples > 0) {
    const auto part = std::min(samples, static_cast<int64_t>(kSilence.size()));
    if (!filled_.empty() && filled_.back().to == encoded_) {
      filled_.back().to += part;
    } else {
      filled_.push_back({encoded_, encoded_ + part});
    }
    encode(std::span(kSilence).first(static_cast<size_t>(part)));
    stats_.silence_samples_total += static_cast<uint64_t>(part);
    samples -= part;
  }
}

/// Whether the block at `position` holds nothing but silence that we put there.
bool ContinuousAudio::take_filled(int64_t position) {
  while (!filled_.empty() && filled_.front().to <= position) filled_.pop_front();
  return !filled_.empty() && filled_.front().from <= position &&
         filled_.front().to >= position + encoder_.block_samples();
}

void ContinuousAudio::encode(std::span<const float> samples) {
  encoded_ += static_cast<int64_t>(samples.size());
  blocks_.clear();
  if (!encoder_.encode(samples, blocks_)) return;
  for (auto& block : blocks_) {
    const Instant pts = *start_ + samples_to_duration(block.position);
    ++stats_.blocks_total;
    emit_(std::make_shared<const Frame>(
        Frame{.format = encoder_.format(),
              .pts = pts,
              .dts = pts,
              .duration = samples_to_duration(encoder_.block_samples()),
              .keyframe = true,
              .payload = std::move(block.payload),
              .filled = take_filled(block.position)}));
  }
}

}  // namespace sipcast
