#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/track.hpp"

namespace sipcast {

/// The codecs that containers get from us. Video is the phone's own; audio is encoded here.
enum class FrameCodec : uint8_t { H264, Vp8, Aac, Opus };

constexpr MediaKind kind_of(FrameCodec codec) {
  return codec == FrameCodec::H264 || codec == FrameCodec::Vp8 ? MediaKind::Video
                                                               : MediaKind::Audio;
}
/// "H264", "VP8", "AAC", "Opus".
std::string_view frame_codec_name(FrameCodec codec);

/// What a decoder must know before the first frame. Shared by all frames that it holds for: another
/// pointer with other contents is a change of format.
struct FrameFormat {
  FrameCodec codec;
  /// H.264: AVCDecoderConfigurationRecord (ISO 14496-15 §5.3.3.1); AAC: AudioSpecificConfig (ISO
  /// 14496-3 §1.6.2.1); Opus: OpusHead (RFC 7845 §5.1); VP8: empty.
  Bytes setup;
  uint16_t width = 0, height = 0;  ///< video, in pixels
  uint32_t sample_rate_hz = 0;     ///< audio
  uint8_t channels = 0;            ///< audio
  friend bool operator==(const FrameFormat&, const FrameFormat&) = default;
};
using FrameFormatPtr = std::shared_ptr<const FrameFormat>;

/// One access unit of video or one coded block of audio, as a container wants it: H.264 as NAL
/// units behind lengths of four bytes, without parameter sets. It never changes.
struct Frame {
  FrameFormatPtr format;
  Instant pts;        ///< when it was captured, on the stream's timeline
  Instant dts;        ///< rises strictly within a track; pts, but for streams with B-frames
  Duration duration;  ///< audio: exact; video: 0, it lasts until the next one
  bool keyframe;      ///< audio: always
  Bytes payload;
  bool filled = false;  ///< audio: silence in place of what did not come
  MediaKind kind() const { return kind_of(format->codec); }
};
using FramePtr = std::shared_ptr<const Frame>;

}  // namespace sipcast
