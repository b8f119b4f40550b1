#pragma once
#include <utility>

#include "media/track.hpp"

namespace sipcast::ffmpeg {

/// FFmpeg's names; video codecs have none here.
constexpr const char* audio_encoder_name(Codec codec) {
  switch (codec) {
    case Codec::Opus:
      return "libopus";
    case Codec::G722:
      return "g722";
    case Codec::Pcma:
      return "pcm_alaw";
    case Codec::Pcmu:
      return "pcm_mulaw";
    case Codec::H264:
    case Codec::Vp8:
      return "";
  }
  std::unreachable();
}
constexpr const char* audio_decoder_name(Codec codec) {
  return codec == Codec::Opus ? "opus" : audio_encoder_name(codec);
}

}  // namespace sipcast::ffmpeg
