#include "media/frame.hpp"

#include <utility>

namespace sipcast {

std::string_view frame_codec_name(FrameCodec codec) {
  switch (codec) {
    case FrameCodec::H264:
      return "H264";
    case FrameCodec::Vp8:
      return "VP8";
    case FrameCodec::Aac:
      return "AAC";
    case FrameCodec::Opus:
      return "Opus";
  }
  std::unreachable();
}

}  // namespace sipcast
