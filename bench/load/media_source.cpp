#include "bench/load/media_source.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "rtp/rtp_parser.hpp"
#include "rtp/video_test_data.hpp"

namespace sipcast::bench {
namespace {
using std::chrono::nanoseconds;

constexpr auto kFrameTime = nanoseconds(1'000'000'000 / kFramesPerSecond);
constexpr auto kSoundTime = nanoseconds(1'000'000'000 / kSoundsPerSecond);
constexpr size_t kLeastSlice = 64;  // room for the stamp

const Bytes& parameter_sets() {
  static const Bytes sets =
      testdata::stap_a({testdata::sps(0, 40, 23), testdata::pps(0, 0)});  // 640 x 368
  return sets;
}

/// Slices of the largest size; their header says the number of the first macroblock.
const std::vector<Bytes>& slices(bool idr) {
  static const auto make = [](uint8_t header) {
    std::vector<Bytes> made;
    for (uint32_t i = 0; i < 255; ++i) made.push_back(testdata::slice(header, i, kMaxSlice));
    return made;
  };
  static const std::vector<Bytes> idrs = make(0x65), others = make(0x41);
  return idr ? idrs : others;
}

}  // namespace

MediaSource::MediaSource(const SourceOptions& options, Instant start)
    : options_(options),
      start_(start),
      audio_{Ssrc{random_u32()}, static_cast<uint16_t>(random_u32() & 0x7fff), random_u32()},
      video_{Ssrc{random_u32()}, static_cast<uint16_t>(random_u32() & 0x7fff), random_u32()},
      frame_time_(start) {
  const auto frames = static_cast<size_t>(std::max<int64_t>(1, options.gop / kFrameTime));
  const auto seconds = static_cast<double>(frames) / kFramesPerSecond;
  const double bytes = static_cast<double>(options.video_bps) / 8 * seconds;
  frame_bytes_ = static_cast<size_t>(bytes / static_cast<double>(frames - 1 + kIdrWeight));
}

void MediaSource::begin_frame() {
  frame_time_ = start_ + next_frame_ * kFrameTime;
  const auto gop_frames = static_cast<uint64_t>(options_.gop / kFrameTime);
  const bool idr = keyframe_wanted_ || next_frame_ - gop_began_ >= gop_frames;
  if (idr) {
    keyframe_wanted_ = false;
    gop_began_ = next_frame_;
  }
  frame_.clear();
  frame_at_ = 0;
  const auto number = static_cast<uint32_t>(next_frame_++);
  if (idr) {
    frame_.push_back({.parameter_sets = true,
                      .frame = number,
                      .payload_size = parameter_sets().size()});
  }
  size_t left = std::max(frame_bytes_ * (idr ? kIdrWeight : 1), kLeastSlice);
  for (uint32_t slice = 0; left > 0 && slice < 255; ++slice) {
    const size_t size = std::max(std::min(left, kMaxSlice), kLeastSlice);
    left -= std::min(left, size);
    frame_.push_back({.idr = idr, .frame = number, .slice = slice, .payload_size = size});
  }
  frame_.back().marker = true;
}

Instant MediaSource::packet_time(size_t index) const {
  if (options_.pace == Pace::AtOnce) return frame_time_;
  return frame_time_ + kFrameTime * static_cast<int64_t>(index) /
                           static_cast<int64_t>(std::max<size_t>(1, frame_.size()));
}

Instant MediaSource::next() const {
  Instant first = Instant::max();
  if (options_.audio) first = start_ + next_sound_ * kSoundTime;
  if (options_.video_bps > 0) {
    const Instant video =
        frame_at_ < frame_.size() ? packet_time(frame_at_) : Instant(start_ + next_frame_ * kFrameTime);
    first = std::min(first, video);
  }
  return first;
}

bool MediaSource::take(Instant now, DuePacket& packet) {
  if (options_.audio && start_ + next_sound_ * kSoundTime <= now) {
    packet = {.kind = MediaKind::Audio,
              .frame = static_cast<uint32_t>(next_sound_++),
              .payload_size = kSoundBytes};
    return true;
  }
  if (options_.video_bps == 0) return false;
  if (frame_at_ == frame_.size()) {
    if (start_ + next_frame_ * kFrameTime > now) return false;
    begin_frame();
  }
  if (packet_time(frame_at_) > now) return false;
  packet = frame_[frame_at_++];
  return true;
}

void MediaSource::write_payload(const DuePacket& packet, uint64_t now_ns, std::span<uint8_t> out) {
  const Stamp stamp{now_ns, packet.frame};
  if (packet.kind == MediaKind::Audio) {
    std::ranges::fill(out, uint8_t{0xd5});  // silence of G.711
    write_stamp(stamp, out.subspan<0, kStampSize>());
    return;
  }
  const Bytes& from = packet.parameter_sets ? parameter_sets() : slices(packet.idr)[packet.slice];
  std::copy_n(from.begin(), out.size(), out.begin());
  if (!packet.parameter_sets) write_stamp(stamp, out.subspan<kVideoStampAt, kStampSize>());
}

size_t MediaSource::write(const DuePacket& packet, uint8_t payload_type, uint64_t now_ns,
                          std::span<uint8_t> out) {
  const bool audio = packet.kind == MediaKind::Audio;
  Line& line = audio ? audio_ : video_;
  const uint32_t ticks = packet.frame * (audio ? 8000u / kSoundsPerSecond : 90'000u / kFramesPerSecond);
  write_rtp_header({.marker = packet.marker,
                    .payload_type = payload_type,
                    .seq = SequenceNumber(line.seq++),
                    .timestamp = RtpTimestamp{line.first_timestamp + ticks},
                    .ssrc = line.ssrc},
                   out);
  write_payload(packet, now_ns, out.subspan(kRtpHeaderSize, packet.payload_size));
  return kRtpHeaderSize + packet.payload_size;
}

}  // namespace sipcast::bench
