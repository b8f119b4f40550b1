#include "stream/timeline.hpp"

#include <algorithm>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

constexpr Duration kSettling = 3s;  // steps are allowed while a track is this young
constexpr Duration kDelayWindow =
    30s;  // a least delay older than this may rise again (clock drift)
constexpr Duration kLeastForDrift = 20s;
constexpr double kSlewRate = 0.02;  // of elapsed time: 20 ms a second

Duration ntp_to_duration(uint64_t ntp) {
  const double seconds =
      static_cast<double>(ntp >> 32) + static_cast<double>(ntp & 0xffffffffu) / 4294967296.0;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}
}  // namespace

int64_t Timeline::unwrap(const Track& track, RtpTimestamp timestamp) {
  if (!track.last_timestamp) return timestamp.value;
  return track.last_ticks + static_cast<int32_t>(timestamp.value - *track.last_timestamp);
}

Duration Timeline::media_time(const Track& track, int64_t ticks) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(static_cast<double>(ticks) / track.clock_rate_hz));
}

void Timeline::on_packet(MediaKind kind, RtpTimestamp timestamp, uint32_t clock_rate_hz,
                         Instant arrival) {
  Track& track = this->track(kind);
  const int64_t ticks = unwrap(track, timestamp);
  if (!track.last_timestamp) track.first_arrival = track.last_slew = arrival;
  track.clock_rate_hz = clock_rate_hz;
  track.last_timestamp = timestamp.value;
  track.last_ticks = ticks;
  const Duration delay = arrival.time_since_epoch() - media_time(track, ticks);
  if (!track.least_delay || delay < *track.least_delay ||
      arrival - track.least_delay_at > kDelayWindow) {
    track.least_delay = delay;
    track.least_delay_at = arrival;
  }
  if (!track.settled_delay && arrival - track.first_arrival >= kSettling) {
    track.settled_delay = track.least_delay;
    track.settled_at = track.least_delay_at;
  }
  slew(track, arrival);
}

std::optional<double> Timeline::drift_ppm(MediaKind kind) const {
  const Track& track = this->track(kind);
  if (!track.settled_delay || track.least_delay_at - track.settled_at < kLeastForDrift) return {};
  const std::chrono::duration<double> grown = *track.least_delay - *track.settled_delay,
                                      watched = track.least_delay_at - track.settled_at;
  return -grown / watched * 1e6;
}

void Timeline::on_sender_report(MediaKind kind, uint64_t ntp, RtpTimestamp timestamp) {
  Track& track = this->track(kind);
  if (!track.last_timestamp) return;
  track.report = Report{ntp, unwrap(track, timestamp)};
}

void Timeline::restart(MediaKind kind) { track(kind) = {}; }

Duration Timeline::target(const Track& track) const {
  // Video follows audio where both have reported: the same NTP instant is the same Instant.
  if (&track != &video_ || !lip_sync() || !audio_.offset) return *track.least_delay;
  const Duration audio_at = *audio_.offset + media_time(audio_, audio_.report->ticks);
  const Duration between =
      ntp_to_duration(video_.report->ntp) - ntp_to_duration(audio_.report->ntp);
  return audio_at + between - media_time(video_, video_.report->ticks);
}

void Timeline::slew(Track& track, Instant now) {
  const Duration wanted = target(track);
  if (!track.offset || now - track.first_arrival < kSettling) {
    track.offset = wanted;
  } else {
    const auto most = std::chrono::duration_cast<Duration>((now - track.last_slew) * kSlewRate);
    track.offset = *track.offset + std::clamp(wanted - *track.offset, -most, most);
  }
  track.last_slew = now;
}

std::optional<Instant> Timeline::capture_time(MediaKind kind, RtpTimestamp timestamp) const {
  const Track& track = this->track(kind);
  if (!track.offset) return {};
  return Instant(*track.offset + media_time(track, unwrap(track, timestamp)));
}

}  // namespace sipcast
