#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "hls/request.hpp"
#include "hls/segmenter.hpp"

namespace sipcast::hls {

/// The newest segments of one stream, and the Media Playlist that lists them (RFC 8216bis). What
/// has left the list is kept for a while, for those who read it a moment ago. One thread at a time;
/// no clock of its own.
class Playlist {
 public:
  struct Options {
    std::string run;  ///< begins the name of each file
    Duration part_target = Segmenter::Options{}.part_target;
    /// What is listed at least: longer by far than what players keep, so that a viewer may pause.
    Duration window = std::chrono::seconds(16);
    size_t least_segments = 4;
    size_t most_bytes = 64u << 20;  ///< in memory; the oldest go before their time
    /// Wall clock at one moment of the timeline, for EXT-X-PROGRAM-DATE-TIME.
    Instant moment{};
    WallTime wall{};
  };
  explicit Playlist(Options options);

  void add_init(Blob init);
  void add_part(Part part);
  /// Nothing more comes: EXT-X-ENDLIST.
  void end();

  /// There is a whole segment: players can begin.
  bool ready() const { return listed_end_ > 0; }
  bool ended() const { return ended_; }
  /// Whether it lists what `reload` waits for (§6.2.5.2).
  bool has(const Reload& reload) const;
  /// Further ahead than anyone may ask for.
  bool is_too_far(const Reload& reload) const;
  /// The part that is announced as the next one, and so may be waited for.
  bool is_next(const FileName& name) const;
  /// The seconds of EXT-X-TARGETDURATION.
  int64_t target() const { return target_s_; }

  std::string text(bool skip) const;
  /// None: never was, is gone, or is not there yet. `run` is not looked at.
  std::optional<std::string> file(const FileName& name) const;
  const std::string& run() const { return options_.run; }
  size_t bytes() const { return bytes_; }

 private:
  struct Segment {
    uint64_t msn;
    uint64_t init;
    bool discontinuity;  // in front of it
    std::vector<Part> parts;
    Duration duration{};
    size_t bytes = 0;
    bool complete = false;
  };
  const Segment* find(uint64_t msn) const;
  uint64_t next_msn() const { return segments_.empty() ? 0 : segments_.back().msn + 1; }
  void segment_ended(Segment& segment);
  void forget_old();
  void write_map(std::string& out, uint64_t init) const;
  void write_segment(std::string& out, const Segment& segment, bool with_parts) const;
  std::string name(FileName::Kind kind, uint64_t number, uint64_t part = 0) const;

  Options options_;
  std::map<uint64_t, Blob> inits_;
  uint64_t inits_total_ = 0;
  bool discontinuity_ = false;    // in front of the next segment
  std::deque<Segment> segments_;  // the last one may be under way
  size_t listed_from_ = 0;        // segments before are kept, but not listed
  size_t listed_end_ = 0;         // whole segments
  uint64_t discontinuities_gone_ = 0;
  size_t bytes_ = 0;
  int64_t target_s_ = 1;
  bool ended_ = false;
};

}  // namespace sipcast::hls
