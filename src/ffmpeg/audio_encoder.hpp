#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ffmpeg/libav_handles.hpp"
#include "media/track.hpp"

namespace sipcast::ffmpeg {

/// Samples a second that a codec works with: Opus 48000, G.722 16000, G.711 8000. G.722's RTP clock
/// is 8000 all the same (RFC 3551 §4.5.2): see clock_rate_hz.
int sample_rate_hz(Codec codec);
/// Samples of the 20 ms frames that we encode.
inline size_t samples_per_frame(Codec codec) {
  return static_cast<size_t>(sample_rate_hz(codec) / 50);
}

/// Encodes 20 ms frames of 16-bit mono: Opus (libopus), G.722, G.711 (mu-law and A-law). One thread
/// at a time.
class AudioEncoder {
 public:
  struct Options {
    Codec codec = Codec::Pcmu;
    int opus_bitrate_bps = 32'000;
  };
  /// Errors: InvalidArgument (no audio codec), Unsupported, Internal.
  static Result<AudioEncoder> create(const Options& options);
  /// `samples` are samples_per_frame(codec); the result is one RTP payload. Errors: InvalidArgument
  /// (another number), Internal.
  Result<Bytes> encode(std::span<const int16_t> samples);

 private:
  explicit AudioEncoder(Coder coder) : coder_(std::move(coder)) {}
  Coder coder_;
  int64_t next_pts_ = 0;
};

}  // namespace sipcast::ffmpeg
