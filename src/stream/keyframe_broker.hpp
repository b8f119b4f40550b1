#pragma once
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace sipcast {

/// The ways to ask a SIP phone for a keyframe.
struct KeyframeAsk {
  bool pli = false;   ///< RTCP PLI (RFC 4585 §6.3.1)
  bool fir = false;   ///< RTCP FIR (RFC 5104 §4.3.1)
  bool info = false;  ///< SIP INFO picture_fast_update (RFC 5168)
  friend bool operator==(const KeyframeAsk&, const KeyframeAsk&) = default;
};

struct KeyframeBrokerStats {
  uint64_t asks_total = 0;
  uint64_t answered_total = 0;
  uint64_t gave_up_total = 0;
  std::optional<Duration> last_time_to_keyframe;  ///< from the first ask to the keyframe
  bool deaf = false;  ///< the peer has not answered a whole round of asks
};

/// Asks the source for keyframes on behalf of all sinks: merges wishes, keeps one round in flight,
/// goes from PLI over FIR to INFO while nothing comes, remembers that a peer is deaf, and backs
/// off. One per stream, on its loop; no clock of its own.
class KeyframeBroker {
 public:
  /// Somebody needs a keyframe. What is to be sent now; empty when a round is under way, a keyframe
  /// came just now, or the back-off of a deaf peer has not run out.
  KeyframeAsk want(Instant now);
  void on_keyframe(Instant now);
  /// When on_timer wants to be called.
  std::optional<Instant> deadline() const { return next_ask_; }
  KeyframeAsk on_timer(Instant now);
  const KeyframeBrokerStats& stats() const { return stats_; }

 private:
  KeyframeAsk ask(Instant now);
  int attempt_ = 0;  // of this round; 0 while none is under way
  Instant round_start_{};
  std::optional<Instant> next_ask_;
  std::optional<Instant> last_keyframe_;
  std::optional<Instant> quiet_until_;  // after a round without answer
  Duration back_off_ = std::chrono::seconds(2);
  KeyframeBrokerStats stats_;
};

}  // namespace sipcast
