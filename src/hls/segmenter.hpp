#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "media/frame.hpp"
#include "mp4/fragment.hpp"

namespace sipcast::hls {

/// Bytes that are served as they are; shared by the stream's loop and the web loop.
using Blob = std::shared_ptr<const std::string>;

/// A Partial Segment (RFC 8216bis §4.4.4.9): moof and mdat.
struct Part {
  Blob bytes;
  Instant start;
  Duration duration;
  bool independent;   ///< has a keyframe in it, or no picture at all
  bool ends_segment;  ///< the next one begins another segment
  Blob next_init{};   ///< of what comes behind it, where that is another format
};

/// Cuts frames into parts of 0.3 s and segments that begin at keyframes. Its only clock are the
/// frames. One thread at a time.
class Segmenter {
 public:
  struct Options {
    /// No part is longer, and none but the last of a segment is shorter than 85 % of it.
    Duration part_target = std::chrono::milliseconds(334);
    /// A keyframe ends a segment that is that long.
    Duration least_segment = std::chrono::seconds(1);
    /// So long are segments of sound alone, as on hold.
    Duration sound_segment = std::chrono::seconds(2);
    /// A segment ends here without a keyframe: what a phone that sends one IDR ever comes to.
    Duration longest_segment = std::chrono::seconds(20);
    size_t most_part_bytes = 4u << 20, most_segment_bytes = 24u << 20;
  };
  struct Events {
    std::function<void(Blob init)> init;  ///< before all parts
    std::function<void(Part)> part;
  };

  Segmenter(Options options, Events events);
  /// Begins with these tracks; ends the segment before. Errors: those of mp4::init_section.
  Result<void> begin(const FrameFormatPtr& video, const FrameFormatPtr& audio, Instant start);
  /// In the order of their dts across the tracks, as FrameSequencer gives them.
  void push(const FramePtr& frame);
  /// Ends the segment that is under way.
  void finish();

 private:
  struct Track {
    uint32_t timescale = 0;
    std::vector<FramePtr> frames{};  // of the part that is under way
    Duration usual = std::chrono::milliseconds(40);
  };
  Track& track_of(const Frame& frame) { return frame.kind() == MediaKind::Video ? video_ : audio_; }
  bool part_is_empty() const { return video_.frames.empty() && audio_.frames.empty(); }
  bool segment_ends_before(const Frame& frame) const;
  void end_part(Instant boundary, bool ends_segment, const Frame* next, Blob next_init = {});
  std::vector<mp4::Sample> samples_of(const Track& track, const Frame* next) const;
  std::optional<mp4::Sample> repeated_picture(Instant until);
  int64_t ticks(Instant time, uint32_t timescale) const;

  Options options_;
  Events events_;
  std::optional<Instant> epoch_;  // zero of the media's own times, for all that ever comes
  Track video_, audio_;
  Instant segment_start_, part_start_, newest_;
  Instant newest_picture_;
  // On hold the last keyframe is shown again and again: players stop at a hole in the video.
  FramePtr last_keyframe_;
  Instant pictures_end_;    // so far there are pictures
  bool repeating_ = false;  // what refers to other pictures is of no use until the next keyframe
  size_t part_bytes_ = 0, segment_bytes_ = 0;
  uint32_t fragments_ = 0;
};

}  // namespace sipcast::hls
