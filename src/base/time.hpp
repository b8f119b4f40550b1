#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace sipcast {

/// Monotonic time: everything that is scheduled or measured. Tests make their own.
using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;
/// Wall clock: only for logs, `createDate` and the NTP field of sender reports.
using WallTime = std::chrono::system_clock::time_point;

inline int64_t to_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

/// UTC by RFC 3339, in milliseconds: "2026-11-26T08:00:00.666Z".
std::string iso_time(WallTime time);

/// Wall clock as a 64-bit NTP timestamp (RFC 3550 §4): seconds since 1900, 32-bit fraction.
inline uint64_t to_ntp(WallTime time) {
  const auto since_1970 =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  const uint64_t seconds = static_cast<uint64_t>(since_1970 / 1'000'000'000) + 2'208'988'800u;
  const uint64_t nanos = static_cast<uint64_t>(since_1970 % 1'000'000'000);
  return seconds << 32 | ((nanos << 32) / 1'000'000'000u);
}

}  // namespace sipcast
