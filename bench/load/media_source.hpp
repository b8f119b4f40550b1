#pragma once
#include <vector>

#include "base/strong.hpp"
#include "base/time.hpp"
#include "bench/load/stamp.hpp"
#include "media/track.hpp"

namespace sipcast::bench {

enum class Pace : uint8_t {
  Spread,  ///< a frame's packets evenly over its time, as an encoder with a pacer sends them
  AtOnce,  ///< a frame's packets in one go, as most phones send them
};

/// H.264 and G.711 as a phone sends them, without an encoder: slices whose headers are right and
/// whose data is noise. 25 frames a second, 50 packets of sound.
struct SourceOptions {
  uint64_t video_bps = 1'000'000;  ///< of payload; 0: no video
  bool audio = true;
  Duration gop = std::chrono::seconds(2);
  Pace pace = Pace::AtOnce;
};
inline constexpr int kFramesPerSecond = 25, kSoundsPerSecond = 50;
inline constexpr size_t kSoundBytes = 160, kMaxSlice = 1150;
inline constexpr size_t kIdrWeight = 6;  ///< an IDR is as large as so many other frames

/// One RTP packet that is due.
struct DuePacket {
  MediaKind kind = MediaKind::Video;
  bool marker = false;
  bool parameter_sets = false;
  bool idr = false;
  uint32_t frame = 0, slice = 0;
  size_t payload_size = 0;
};

/// One phone's media: says what is due, and writes it. No I/O, no clock; one thread at a time.
class MediaSource {
 public:
  /// `start` is the time of the first frame and sound.
  MediaSource(const SourceOptions& options, Instant start);
  /// The next packet due by `now`; false when there is none.
  bool take(Instant now, DuePacket& packet);
  Instant next() const;  ///< when take() will have one
  /// The next frame begins a GOP.
  void want_keyframe() { keyframe_wanted_ = true; }
  /// The payload of `packet`, stamped.
  static void write_payload(const DuePacket& packet, uint64_t now_ns, std::span<uint8_t> out);
  /// A whole RTP packet; returns its size.
  size_t write(const DuePacket& packet, uint8_t payload_type, uint64_t now_ns,
               std::span<uint8_t> out);
  Ssrc video_ssrc() const { return video_.ssrc; }

 private:
  struct Line {
    Ssrc ssrc;
    uint16_t seq;
    uint32_t first_timestamp;
  };
  void begin_frame();
  Instant packet_time(size_t index) const;

  SourceOptions options_;
  Instant start_;
  size_t frame_bytes_;
  Line audio_, video_;
  uint64_t next_sound_ = 0, next_frame_ = 0;
  uint64_t gop_began_ = 0;
  std::vector<DuePacket> frame_;  // of the frame under way
  size_t frame_at_ = 0;
  Instant frame_time_{};
  bool keyframe_wanted_ = true;
};

}  // namespace sipcast::bench
