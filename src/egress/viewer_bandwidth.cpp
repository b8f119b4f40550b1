#include "egress/viewer_bandwidth.hpp"

#include <algorithm>

namespace sipcast {

void ViewerBandwidth::roll(Instant now) {
  if (!window_began_) window_began_ = now;
  const double seconds = std::chrono::duration<double>(now - *window_began_).count();
  if (seconds < 1) return;
  sent_bps_ = static_cast<uint64_t>(8 * static_cast<double>(window_bytes_) / seconds);
  window_bytes_ = 0;
  window_began_ = now;
}

void ViewerBandwidth::on_loss(uint8_t fraction_lost, Instant now) {
  roll(now);
  judge(fraction_lost >= kMuchLost, lossy_since_, now);
}

void ViewerBandwidth::on_remb(uint64_t bps, Instant now) {
  roll(now);
  judge(static_cast<double>(bps) < kTooLittle * static_cast<double>(sent_bps_), narrow_since_, now);
}

void ViewerBandwidth::judge(bool bad, std::optional<Instant>& since, Instant now) {
  if (!bad || now - connected_at_ < kNewcomer) return since.reset();
  if (!enough()) return;
  if (!since) since = now;
  if (now - *since < kBadFor) return;
  // A pause that did not help is followed by a longer one.
  const bool again = resumed_at_ && now - *resumed_at_ < kLongestPause;
  pause_ = again ? std::min(2 * pause_, kLongestPause) : kFirstPause;
  paused_until_ = now + pause_;
}

void ViewerBandwidth::resume(Instant now) {
  paused_until_.reset();
  lossy_since_.reset();
  narrow_since_.reset();
  resumed_at_ = now;
  window_began_ = now;
  window_bytes_ = 0;
  sent_bps_ = 0;
}

}  // namespace sipcast
