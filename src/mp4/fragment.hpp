#pragma once
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "media/frame.hpp"

namespace sipcast::mp4 {

inline constexpr uint32_t kVideoTimescale = 90'000;  ///< ticks a second; audio: its sample rate

/// The initialisation section of a fragmented file (ISO 14496-12 §8.8, CMAF §7.3): ftyp and moov.
/// Null for a track that is not there; one of them at least. Errors: InvalidArgument (no track),
/// Unsupported (neither H.264 nor AAC).
Result<Bytes> init_section(const FrameFormat* video, const FrameFormat* audio);

/// One frame in a fragment, in ticks of its track.
struct Sample {
  BytesView payload;
  uint64_t dts;
  uint32_t duration;
  int32_t composition;  ///< pts less dts
  bool keyframe;
};

/// moof and mdat (ISO 14496-12 §8.8.4). The decode time of a sample must be that of the one before
/// it and its duration: only the first of each track is written down. One sample at least.
/// @param sequence  counts fragments of one presentation, from 1
Bytes fragment(uint32_t sequence, std::span<const Sample> video, std::span<const Sample> audio);

}  // namespace sipcast::mp4
