#include "media/track.hpp"

#include <utility>

#include "base/text.hpp"

namespace sipcast {

std::string_view codec_name(Codec codec) {
  switch (codec) {
    case Codec::Opus:
      return "opus";
    case Codec::G722:
      return "G722";
    case Codec::Pcma:
      return "PCMA";
    case Codec::Pcmu:
      return "PCMU";
    case Codec::H264:
      return "H264";
    case Codec::Vp8:
      return "VP8";
  }
  std::unreachable();
}

std::optional<Codec> codec_from_name(std::string_view name) {
  for (const Codec codec :
       {Codec::Opus, Codec::G722, Codec::Pcma, Codec::Pcmu, Codec::H264, Codec::Vp8}) {
    if (iequals(name, codec_name(codec))) return codec;
  }
  return {};
}

}  // namespace sipcast
