#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "media/track.hpp"
#include "rtp/rtp_parser.hpp"

namespace sipcast {

/// One whole frame of a phone, ready for every viewer: payloads of at most max_payload bytes,
/// parameter sets in front of a keyframe, the marker belongs to the last payload.
struct NormalFrame {
  RtpTimestamp timestamp;
  Instant arrival;  ///< of its last packet
  bool keyframe = false;
  std::vector<Bytes> payloads;
};

struct VideoSize {
  uint16_t width = 0;
  uint16_t height = 0;
  friend bool operator==(const VideoSize&, const VideoSize&) = default;
};

struct VideoNormalizerStats {
  uint64_t frames_total = 0;
  uint64_t keyframes_total = 0;
  uint64_t frames_dropped_damaged_total = 0;  ///< a packet was missing
  uint64_t frames_dropped_invalid_total = 0;  ///< payload that does not follow RFC 6184 or RFC 7741
  uint64_t frames_dropped_no_parameter_sets_total = 0;
};

/// Turns the in-order RTP packets of one phone's video track into NormalFrames (design
/// section 4.5). H.264 (RFC 6184: single NAL, STAP-A, FU-A; others count as invalid): NAL units are
/// re-cut, one STAP-A (SPS, PPS) with the IDR's own timestamp is put in front of each IDR from what
/// was seen in band or else in sprop-parameter-sets, SPS/PPS sent alone with another timestamp are
/// kept for the next IDR and make no frame of their own, AUD and filler are dropped. VP8 (RFC
/// 7741): payload descriptors rewritten to the plain form, size-bounded; keyframe by the P bit of
/// the first partition. A frame ends at the marker or at a change of timestamp; a sender whose
/// marker turns out to come before more packets of the same timestamp is remembered, and then only
/// a new timestamp ends a frame. (That first time the rest of the frame, whose beginning has gone
/// out already, becomes a second NormalFrame with the same timestamp, which is no keyframe; and
/// needs_keyframe() is true, for viewers have decoded an incomplete picture.) A frame with a hole
/// is dropped whole; after a gap in front of it a frame is taken for whole when it begins with what
/// only begins a picture: SPS, PPS, SEI, AUD, a slice with first_mb_in_slice 0, VP8's S=1 PID=0.
/// The very first packet counts as one behind a gap. One per track, on its media loop; no clock, no
/// I/O.
class VideoNormalizer {
 public:
  struct Options {
    Codec codec = Codec::H264;
    size_t max_payload = 1200;
    std::vector<Bytes> parameter_sets;  ///< NAL units of sprop-parameter-sets, may be empty
    size_t max_frame_bytes = 4 << 20;   ///< larger frames are dropped as invalid
  };
  explicit VideoNormalizer(Options options);
  ~VideoNormalizer();
  VideoNormalizer(VideoNormalizer&&) noexcept;
  VideoNormalizer& operator=(VideoNormalizer&&) noexcept;

  /// Takes one packet, in order; `gap_before` when packets before it were given up. Appends
  /// finished frames to `out`. The payload is copied.
  void push(const RtpView& rtp, Instant arrival, bool gap_before, std::vector<NormalFrame>& out);
  /// When a frame that has no end yet is to be given out all the same (a sender that sets no
  /// markers and has gone quiet): `flush` then. In the midst of a fragmented NAL unit it does
  /// nothing.
  void flush(std::vector<NormalFrame>& out);
  bool has_pending() const;  ///< flush() would give out a frame
  /// True from a dropped frame, a gap or the start until the next keyframe: the broker should ask.
  bool needs_keyframe() const;
  std::optional<VideoSize> size() const;  ///< from the last SPS or VP8 keyframe header
  /// From the SPS in use, e.g. 0x42e01f; 0 when none was seen.
  uint32_t h264_profile_level_id() const;
  const VideoNormalizerStats& stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sipcast
