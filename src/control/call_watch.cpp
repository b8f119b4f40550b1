#include "control/call_watch.hpp"

#include <algorithm>

namespace sipcast {
namespace {
constexpr Duration kOften = std::chrono::milliseconds(250);
constexpr Duration kSeldom = std::chrono::seconds(5);
bool exceeded(Duration limit, Duration time) { return limit > Duration::zero() && time >= limit; }
}  // namespace

CallWatch::CallWatch(const CallLimits& limits, Instant answered)
    : limits_(limits), answered_(answered), last_rtp_(answered), last_watched_(answered) {}

std::optional<Duration> CallWatch::interval() const {
  std::optional<Duration> least;
  for (const Duration limit : {limits_.max_duration, limits_.rtp_timeout, limits_.unwatched}) {
    if (limit > Duration::zero() && (!least || limit < *least)) least = limit;
  }
  if (!least) return {};
  return std::clamp<Duration>(*least / 4, kOften, kSeldom);
}

CallWatch::Finding CallWatch::on_activity(uint64_t rtp_packets, size_t sinks, bool held,
                                          Instant now) {
  const bool heard = rtp_packets != rtp_packets_;
  rtp_packets_ = rtp_packets;
  if (heard || held) last_rtp_ = now;
  if (sinks > 0) last_watched_ = now;
  if (exceeded(limits_.max_duration, now - answered_)) return Finding::TooLong;
  if (exceeded(limits_.unwatched, now - last_watched_)) return Finding::Unwatched;
  if (silent_ && heard) {
    silent_ = false;
    return Finding::RtpBack;
  }
  if (!silent_ && exceeded(limits_.rtp_timeout, now - last_rtp_)) {
    silent_ = true;
    return Finding::RtpSilent;
  }
  return Finding::None;
}

}  // namespace sipcast
