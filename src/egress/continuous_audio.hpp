#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "ffmpeg/audio_decoder.hpp"
#include "ffmpeg/container_audio_encoder.hpp"
#include "ffmpeg/resampler.hpp"
#include "media/frame.hpp"

namespace sipcast {

struct ContinuousAudioStats {
  uint64_t blocks_total = 0;
  uint64_t silence_samples_total = 0;  ///< of 48,000 a second
  uint64_t cut_samples_total = 0;      ///< came when their time was filled already
  uint64_t undecodable_total = 0;      ///< payloads
};

/// A call's audio as containers and players want it: one line of coded blocks without a hole, on
/// the stream's timeline. Decodes, resamples to the timeline's clock (drift is stretched away,
/// never stepped), fills with silence where nothing came (hold, DTX, loss), cuts what comes too
/// late, encodes. One thread at a time; no clock of its own.
class ContinuousAudio {
 public:
  using Emit = std::function<void(FramePtr)>;
  /// `codec` is Aac or Opus. Errors: those of the encoder.
  static Result<ContinuousAudio> create(FrameCodec codec, int bitrate_bps, Emit emit);

  /// One RTP payload whose first sample was captured at `captured` on the stream's timeline.
  void push(Codec codec, Instant captured, BytesView payload);
  /// Silence up to `time` where nothing has come: it is too late for that now.
  void fill_until(Instant time);
  const ContinuousAudioStats& stats() const { return stats_; }

 private:
  ContinuousAudio(ffmpeg::ContainerAudioEncoder encoder, Emit emit)
      : encoder_(std::move(encoder)), emit_(std::move(emit)) {}
  bool decode_as(Codec codec);
  int64_t position_of(Instant time) const;
  int64_t written() const;
  void silence(int64_t samples);
  bool take_filled(int64_t position);
  void encode(std::span<const float> samples);
  void drain();

  ffmpeg::ContainerAudioEncoder encoder_;
  Emit emit_;
  std::optional<Codec> codec_;
  std::optional<ffmpeg::AudioDecoder> decoder_;
  std::optional<ffmpeg::Resampler> resampler_;
  std::optional<Instant> start_;
  int64_t encoded_ = 0;  // samples given to the encoder
  struct Stretch {
    int64_t from, to;
  };
  std::deque<Stretch> filled_;  // silence that is not coded yet
  std::vector<float> samples_;
  std::vector<ffmpeg::ContainerAudioEncoder::Block> blocks_;
  ContinuousAudioStats stats_;
};

}  // namespace sipcast
