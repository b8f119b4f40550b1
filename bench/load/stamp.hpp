#pragma once
#include <array>
#include <atomic>
#include <ctime>
#include <optional>

#include "base/bytes.hpp"

namespace sipcast::bench {

/// Nanoseconds of the wall clock: what the kernel stamps received datagrams with (SO_TIMESTAMPNS).
inline uint64_t wall_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

/// What the generator writes into each payload: when it was sent, and in which frame. One nibble a
/// byte, so that no start code arises in the data of an H.264 slice.
struct Stamp {
  uint64_t sent_ns = 0;
  uint32_t frame = 0;
};
inline constexpr std::array<uint8_t, 4> kStampMagic{0xc5, 0xa7, 0xd3, 0x9b};
inline constexpr size_t kStampSize = kStampMagic.size() + 24;
inline constexpr size_t kVideoStampAt = 8;  ///< of a payload: behind the slice header

inline void write_stamp(const Stamp& stamp, std::span<uint8_t, kStampSize> out) {
  size_t at = 0;
  for (const uint8_t byte : kStampMagic) out[at++] = byte;
  const auto nibbles = [&](uint64_t value, int count) {
    for (int i = count - 1; i >= 0; --i) {
      out[at++] = static_cast<uint8_t>(0x40 | (value >> (4 * i) & 0xf));
    }
  };
  nibbles(stamp.sent_ns, 16);
  nibbles(stamp.frame, 8);
}

/// None when there is no stamp at `at`.
inline std::optional<Stamp> read_stamp(BytesView payload, size_t at) {
  if (payload.size() < at + kStampSize) return {};
  const BytesView bytes = payload.subspan(at, kStampSize);
  for (size_t i = 0; i < kStampMagic.size(); ++i) {
    if (bytes[i] != kStampMagic[i]) return {};
  }
  uint64_t sent = 0, frame = 0;
  for (size_t i = 0; i < 24; ++i) {
    uint64_t& value = i < 16 ? sent : frame;
    value = value << 4 | (bytes[kStampMagic.size() + i] & 0xfu);
  }
  return Stamp{sent, static_cast<uint32_t>(frame)};
}

/// When the last packet of each of the last frames was sent: written by the phone's thread, read by
/// the viewers'. A server that lets only whole frames through cannot be sooner than that.
class FrameEnds {
 public:
  void set(uint32_t frame, uint64_t sent_ns) { ends_[frame % ends_.size()] = sent_ns; }
  uint64_t of(uint32_t frame) const { return ends_[frame % ends_.size()]; }

 private:
  std::array<std::atomic<uint64_t>, 4096> ends_{};
};

}  // namespace sipcast::bench
