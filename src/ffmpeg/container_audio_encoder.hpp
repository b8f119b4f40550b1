#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "ffmpeg/libav_handles.hpp"
#include "media/frame.hpp"

namespace sipcast::ffmpeg {

/// Encodes 48 kHz mono for containers: AAC-LC (blocks of 1024 samples) or Opus (960). One thread at
/// a time.
class ContainerAudioEncoder {
 public:
  static constexpr int kSampleRateHz = 48'000;
  /// One coded block. Its decoder gives it back as the samples from `position` on, counted from the
  /// first that encode() took: the encoder's delay is taken off.
  struct Block {
    int64_t position;
    Bytes payload;
  };

  /// `codec` is Aac or Opus. Errors: InvalidArgument, Unsupported, Internal.
  static Result<ContainerAudioEncoder> create(FrameCodec codec, int bitrate_bps);
  /// Takes any number of samples in [-1, 1] and appends the blocks that are whole. Errors:
  /// Internal, Exhausted.
  Result<void> encode(std::span<const float> samples, std::vector<Block>& blocks);
  const FrameFormatPtr& format() const { return format_; }
  int block_samples() const { return block_samples_; }

 private:
  ContainerAudioEncoder(Coder coder, FrameFormatPtr format);
  Result<void> encode_block(std::span<const float> samples, std::vector<Block>& blocks);

  Coder coder_;
  FrameFormatPtr format_;
  int block_samples_;
  std::vector<float> pending_;
  int64_t taken_ = 0;
};

}  // namespace sipcast::ffmpeg
