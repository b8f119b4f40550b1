#pragma once
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace sipcast {

/// When an answered call is ended without being asked to; zero: never.
struct CallLimits {
  Duration max_duration{};
  Duration rtp_timeout{};
  bool end_without_rtp = true;  ///< false: a silent phone is only warned about
  Duration unwatched{};         ///< after its last reader, or without any from the beginning
};

/// Watches an answered call against its limits. A plain object: activity and time go in.
class CallWatch {
 public:
  enum class Finding : uint8_t { None, RtpSilent, RtpBack, TooLong, Unwatched };
  CallWatch(const CallLimits& limits, Instant answered);
  /// How often on_activity should be called; none: there is nothing to watch.
  std::optional<Duration> interval() const;
  /// `rtp_packets` in all so far; `sinks` that read the stream now. While `held` no RTP is missed.
  /// Each finding is told once.
  Finding on_activity(uint64_t rtp_packets, size_t sinks, bool held, Instant now);

 private:
  CallLimits limits_;
  Instant answered_, last_rtp_, last_watched_;
  uint64_t rtp_packets_ = 0;
  bool silent_ = false;
};

}  // namespace sipcast
