#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sipcast {

enum class MediaKind : uint8_t { Audio, Video };

/// The codecs that pass through this server.
enum class Codec : uint8_t { Opus, G722, Pcma, Pcmu, H264, Vp8 };

constexpr MediaKind kind_of(Codec codec) {
  return codec == Codec::H264 || codec == Codec::Vp8 ? MediaKind::Video : MediaKind::Audio;
}
/// The RTP clock (RFC 3551; G.722 counts 8000 by that RFC's §4.5.2).
constexpr uint32_t clock_rate_hz(Codec codec) {
  switch (codec) {
    case Codec::Opus:
      return 48000;
    case Codec::G722:
    case Codec::Pcma:
    case Codec::Pcmu:
      return 8000;
    case Codec::H264:
    case Codec::Vp8:
      return 90000;
  }
  return 90000;
}
/// Name as SDP writes it in rtpmap: "opus", "G722", "PCMA", "PCMU", "H264", "VP8".
std::string_view codec_name(Codec codec);
/// From an rtpmap's encoding name, letter case ignored.
std::optional<Codec> codec_from_name(std::string_view name);

/// What viewers need to know about one codec inside a stream.
struct TrackInfo {
  Codec codec;
  /// H264 only: profile-level-id of the phone's answer, e.g. 0x42e01f; 0 when it gave none.
  uint32_t h264_profile_level_id = 0;
  friend bool operator==(const TrackInfo&, const TrackInfo&) = default;
};

inline std::optional<Codec> codec_of(const std::optional<TrackInfo>& track) {
  return track ? std::optional(track->codec) : std::nullopt;
}

/// At most one audio and one video track.
struct TrackList {
  std::optional<TrackInfo> audio;
  std::optional<TrackInfo> video;
  friend bool operator==(const TrackList&, const TrackList&) = default;
};

}  // namespace sipcast
