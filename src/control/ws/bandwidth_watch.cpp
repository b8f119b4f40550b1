#include "control/ws/bandwidth_watch.hpp"

#include <utility>

namespace sipcast::ws {
namespace {
constexpr double kMuchLoss = 0.1;  // above it NACK and RTX only add to the load
constexpr int kPatience = 3;
constexpr int kQuiet = 10;
}  // namespace

std::optional<uint64_t> BandwidthWatch::judge(const Second& second) {
  if (quiet_ > 0) --quiet_;
  const bool skipped = second.keyframe_skips > std::exchange(skips_, second.keyframe_skips);
  bad_ = second.fraction_lost >= kMuchLoss ? bad_ + 1 : 0;
  if ((!skipped && bad_ < kPatience) || quiet_ > 0) return {};
  quiet_ = kQuiet;
  if (second.remb_bps > 0) return second.remb_bps;
  return static_cast<uint64_t>(static_cast<double>(second.sent_bps) * (1 - second.fraction_lost));
}

}  // namespace sipcast::ws
