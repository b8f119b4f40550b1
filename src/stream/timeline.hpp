#pragma once
#include <cstdint>
#include <optional>

#include "base/strong.hpp"
#include "base/time.hpp"
#include "media/track.hpp"

namespace sipcast {

/// Maps the RTP timestamps of a stream's two tracks to one clock, ours. Sender reports (RFC 3550
/// §6.4.1) give the offset between audio and video, never wall clock: a phone's NTP may be its
/// uptime. The anchor to our clock is the packet that came with the least delay. Corrections are
/// slewed once the first seconds are over. One per stream, on its loop; no clock of its own.
class Timeline {
 public:
  void on_packet(MediaKind kind, RtpTimestamp timestamp, uint32_t clock_rate_hz, Instant arrival);
  void on_sender_report(MediaKind kind, uint64_t ntp, RtpTimestamp timestamp);
  /// The track's source started anew (SSRC, codec): its clock is learnt again.
  void restart(MediaKind kind);
  /// When what carries `timestamp` was captured, on our clock less the smallest network delay; none
  /// before the track's first packet.
  std::optional<Instant> capture_time(MediaKind kind, RtpTimestamp timestamp) const;
  /// How much faster than ours the track's clock runs, in millionths; none before it was watched
  /// for some 20 s.
  std::optional<double> drift_ppm(MediaKind kind) const;
  /// True when sender reports of both tracks tie them together.
  bool lip_sync() const { return audio_.report && video_.report; }

 private:
  struct Report {
    uint64_t ntp;
    int64_t ticks;
  };
  struct Track {
    uint32_t clock_rate_hz = 0;
    std::optional<uint32_t> last_timestamp;
    int64_t last_ticks = 0;  // unwrapped
    std::optional<Report> report;
    // Instant = offset + ticks / clock_rate, by arrivals alone
    std::optional<Duration> least_delay;
    Instant least_delay_at{};
    std::optional<Duration> settled_delay;  // the least one of the first seconds, and when it was
    Instant settled_at{};
    std::optional<Duration> offset;  // what is told, slewed towards the target
    Instant first_arrival{}, last_slew{};
  };
  Track& track(MediaKind kind) { return kind == MediaKind::Audio ? audio_ : video_; }
  const Track& track(MediaKind kind) const { return kind == MediaKind::Audio ? audio_ : video_; }
  static int64_t unwrap(const Track& track, RtpTimestamp timestamp);
  static Duration media_time(const Track& track, int64_t ticks);
  Duration target(const Track& track) const;
  void slew(Track& track, Instant now);

  Track audio_, video_;
};

}  // namespace sipcast
