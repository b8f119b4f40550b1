#pragma once
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ffmpeg/audio_decoder.hpp"
#include "media/track.hpp"

namespace sipcast::phone {

/// Listens to the far side: how loud, and how high. Media loop.
class FarAudio {
 public:
  /// Errors: those of AudioDecoder::create.
  static Result<FarAudio> create(Codec codec);
  void on_payload(BytesView payload);
  uint64_t packets() const { return packets_; }
  uint64_t undecodable() const { return undecodable_; }
  /// Mean level of all that was heard in dB below full scale; -99 for digital silence or nothing.
  double level_dbfs() const;
  /// Zero crossings of what was louder than silence, as a frequency: that of a pure tone.
  double tone_hz() const;

 private:
  FarAudio(Codec codec, ffmpeg::AudioDecoder decoder)
      : codec_(codec), decoder_(std::move(decoder)) {}
  Codec codec_;
  ffmpeg::AudioDecoder decoder_;
  uint64_t packets_ = 0, undecodable_ = 0;
  double squares_ = 0;
  uint64_t samples_ = 0, loud_samples_ = 0, rises_ = 0;
  int16_t last_ = 0;
};

}  // namespace sipcast::phone
