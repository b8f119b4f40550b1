#include "hls/playlist.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sipcast::hls {
namespace {
using namespace std::chrono_literals;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
}  // namespace

Playlist::Playlist(Options options) : options_(std::move(options)) {}

std::string Playlist::name(FileName::Kind kind, uint64_t number, uint64_t part) const {
  return FileName{.kind = kind, .run = options_.run, .number = number, .part = part}.to_string();
}

void Playlist::add_init(Blob init) {
  bytes_ += init->size();
  discontinuity_ = inits_total_ > 0;
  inits_.emplace(inits_total_++, std::move(init));
}

void Playlist::add_part(Part part) {
  if (inits_total_ == 0 || ended_) return;
  if (segments_.empty() || segments_.back().complete) {
    segments_.push_back({.msn = next_msn(),
                         .init = inits_total_ - 1,
                         .discontinuity = std::exchange(discontinuity_, false),
                         .parts = {}});
  }
  Segment& segment = segments_.back();
  segment.duration += part.duration;
  segment.bytes += part.bytes->size();
  bytes_ += part.bytes->size();
  const bool ends = part.ends_segment;
  Blob next_init = std::move(part.next_init);
  segment.parts.push_back(std::move(part));
  if (ends) segment_ended(segment);
  if (next_init) add_init(std::move(next_init));
}

void Playlist::segment_ended(Segment& segment) {
  segment.complete = true;
  listed_end_ = segments_.size();
  // EXTINF, rounded, is never more (§4.4.3.1).
  target_s_ = std::max<int64_t>(target_s_, std::llround(seconds(segment.duration)));
  forget_old();
}

void Playlist::end() {
  if (!segments_.empty() && !segments_.back().complete) segment_ended(segments_.back());
  ended_ = true;
}

void Playlist::forget_old() {
  const Duration window = std::max(options_.window, Duration(4 * target_s_ * 1s));
  Duration listed{};
  for (size_t i = listed_from_; i < listed_end_; ++i) listed += segments_[i].duration;
  while (listed_end_ - listed_from_ > options_.least_segments &&
         listed - segments_[listed_from_].duration >= window) {
    listed -= segments_[listed_from_].duration;
    discontinuities_gone_ += segments_[listed_from_].discontinuity;
    ++listed_from_;
  }
  // §6.2.2: for as long as the list was, and itself, after it has left.
  Duration kept{};
  for (size_t i = 0; i < listed_from_; ++i) kept += segments_[i].duration;
  while (listed_end_ > 1 && ((listed_from_ > 0 && kept - segments_.front().duration >= window) ||
                             bytes_ > options_.most_bytes)) {
    kept -= segments_.front().duration;
    bytes_ -= segments_.front().bytes;
    if (listed_from_ > 0) {
      --listed_from_;
    } else {
      discontinuities_gone_ += segments_.front().discontinuity;
    }
    segments_.pop_front();
    --listed_end_;
  }
  std::erase_if(inits_, [&](const auto& entry) {
    const bool gone = entry.first < segments_.front().init;
    if (gone) bytes_ -= entry.second->size();
    return gone;
  });
}

const Playlist::Segment* Playlist::find(uint64_t msn) const {
  if (segments_.empty() || msn < segments_.front().msn || msn > segments_.back().msn)
    return nullptr;
  return &segments_[msn - segments_.front().msn];
}

bool Playlist::has(const Reload& reload) const {
  if (!reload.msn || ended_) return true;
  if (segments_.empty()) return false;
  const Segment& newest = segments_.back();
  if (*reload.msn < newest.msn) {
    // A part behind the last one is the first of the next segment, which is there.
    return true;
  }
  if (*reload.msn > newest.msn) return false;
  if (!reload.part) return newest.complete;
  return *reload.part < newest.parts.size();
}

bool Playlist::is_too_far(const Reload& reload) const {
  return reload.msn && !ended_ && *reload.msn > next_msn() + 1;
}

bool Playlist::is_next(const FileName& name) const {
  if (ended_ || name.kind != FileName::Kind::Part) return false;
  if (segments_.empty() || segments_.back().complete) {
    return name.number == next_msn() && name.part == 0;
  }
  return name.number == segments_.back().msn && name.part == segments_.back().parts.size();
}

std::optional<std::string> Playlist::file(const FileName& name) const {
  if (name.kind == FileName::Kind::Init) {
    const auto found = inits_.find(name.number);
    if (found == inits_.end()) return {};
    return *found->second;
  }
  const Segment* segment = find(name.number);
  if (!segment) return {};
  if (name.kind == FileName::Kind::Part) {
    if (name.part >= segment->parts.size()) return {};
    return *segment->parts[name.part].bytes;
  }
  if (!segment->complete) return {};
  std::string whole;
  whole.reserve(segment->bytes);
  for (const Part& part : segment->parts) whole += *part.bytes;
  return whole;
}

void Playlist::write_map(std::string& out, uint64_t init) const {
  fmt::format_to(std::back_inserter(out), "#EXT-X-MAP:URI=\"{}\"\n",
                 name(FileName::Kind::Init, init));
}

void Playlist::write_segment(std::string& out, const Segment& segment, bool with_parts) const {
  auto to = std::back_inserter(out);
  const WallTime wall = options_.wall + std::chrono::duration_cast<WallTime::duration>(
                                            segment.parts.front().start - options_.moment);
  fmt::format_to(to, "#EXT-X-PROGRAM-DATE-TIME:{}\n", iso_time(wall));
  for (size_t i = 0; with_parts && i < segment.parts.size(); ++i) {
    const Part& part = segment.parts[i];
    fmt::format_to(to, "#EXT-X-PART:DURATION={:.5f},URI=\"{}\"{}\n", seconds(part.duration),
                   name(FileName::Kind::Part, segment.msn, i),
                   part.independent ? ",INDEPENDENT=YES" : "");
  }
  if (!segment.complete) return;
  fmt::format_to(to, "#EXTINF:{:.5f},\n{}\n", seconds(segment.duration),
                 name(FileName::Kind::Segment, segment.msn));
}

std::string Playlist::text(bool skip) const {
  const Duration target = target_s_ * 1s;
  std::string out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:{}\n", target_s_);
  fmt::format_to(to,
                 "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={:.3f},"
                 "CAN-SKIP-UNTIL={:.1f}\n#EXT-X-PART-INF:PART-TARGET={:.3f}\n",
                 3 * seconds(options_.part_target), 6 * seconds(target),
                 seconds(options_.part_target));
  const uint64_t first = listed_from_ < segments_.size() ? segments_[listed_from_].msn : 0;
  fmt::format_to(to, "#EXT-X-MEDIA-SEQUENCE:{}\n#EXT-X-DISCONTINUITY-SEQUENCE:{}\n", first,
                 discontinuities_gone_);
  const bool independent =
      std::all_of(segments_.begin() + static_cast<ptrdiff_t>(listed_from_), segments_.end(),
                  [](const Segment& segment) { return segment.parts.front().independent; });
  if (independent) out += "#EXT-X-INDEPENDENT-SEGMENTS\n";
  Duration left{};  // from the segment to the end of the list
  for (size_t i = listed_from_; i < segments_.size(); ++i) left += segments_[i].duration;
  size_t from = listed_from_;
  if (skip) {
    while (from < listed_end_ && left - segments_[from].duration > 6 * target) {
      left -= segments_[from++].duration;
    }
    if (from > listed_from_) {
      fmt::format_to(to, "#EXT-X-SKIP:SKIPPED-SEGMENTS={}\n", from - listed_from_);
    }
  }
  std::optional<uint64_t> init;
  for (size_t i = from; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    if (segment.discontinuity) out += "#EXT-X-DISCONTINUITY\n";
    if (init != segment.init) write_map(out, segment.init);
    init = segment.init;
    left -= segment.duration;
    write_segment(out, segment, left < 3 * target);
  }
  if (ended_) {
    out += "#EXT-X-ENDLIST\n";
  } else {
    if (discontinuity_) {
      out += "#EXT-X-DISCONTINUITY\n";
      write_map(out, inits_total_ - 1);
    }
    const bool open = !segments_.empty() && !segments_.back().complete;
    fmt::format_to(to, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{}\"\n",
                   name(FileName::Kind::Part, open ? segments_.back().msn : next_msn(),
                        open ? segments_.back().parts.size() : 0));
  }
  return out;
}

}  // namespace sipcast::hls
