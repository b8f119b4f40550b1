#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace sipcast {

/// The ways to ask a SIP phone for a keyframe.
struct KeyframeAsk {
  bool pli = false;   ///< RTCP PLI (RFC 4585 §6.3.1)
  bool fir = false;   ///< RTCP FIR (RFC 5104 §4.3.1)
  bool info = false;  ///< SIP INFO picture_fast_update (RFC 5168)
  friend bool operator==(const KeyframeAsk&, const KeyframeAsk&) = default;
};

/// The way that a peer obeys.
enum class KeyframeWay : uint8_t { Unknown, Pli, Fir, Info };
std::string_view to_string(KeyframeWay way);

struct KeyframeBrokerStats {
  uint64_t asks_total = 0;
  uint64_t answered_total = 0;
  uint64_t gave_up_total = 0;
  std::optional<Duration> last_time_to_keyframe;  ///< from the first ask to the keyframe
  bool deaf = false;                       ///< the peer has not answered a whole round of asks
  KeyframeWay way = KeyframeWay::Unknown;  ///< learnt: the rounds begin with it
};

/// Asks the source for keyframes on behalf of all sinks: merges wishes, keeps one round in flight,
/// goes from PLI over FIR to INFO while nothing comes, begins with the way that worked twice in a
/// row, remembers that a peer is deaf, and backs off. One per stream, on its loop; no clock of its
/// own.
class KeyframeBroker {
 public:
  /// Somebody needs a keyframe. What is to be sent now; empty when a round is under way, a keyframe
  /// came just now, or the back-off of a deaf peer has not run out.
  KeyframeAsk want(Instant now);
  /// The same, but a keyframe from before is of no use (a hold ended, the codec changed), nor is
  /// what was asked for before it; at most once in 100 ms, the rest waits for on_timer.
  KeyframeAsk want_new(Instant now);
  void on_keyframe(Instant now);
  /// When on_timer wants to be called.
  std::optional<Instant> deadline() const { return next_ask_; }
  KeyframeAsk on_timer(Instant now);
  const KeyframeBrokerStats& stats() const { return stats_; }

 private:
  KeyframeAsk begin(Instant now);
  KeyframeAsk ask(Instant now);
  void learn(Instant now);
  int next_step_ = 0;  // of this round
  bool asking_ = false;
  std::optional<Instant> last_ask_;
  KeyframeWay answered_by_ = KeyframeWay::Unknown;  // of the last round
  Instant round_start_{};
  std::optional<Instant> next_ask_;
  std::optional<Instant> last_keyframe_;
  std::optional<Instant> quiet_until_;  // after a round without answer
  Duration back_off_ = std::chrono::seconds(2);
  KeyframeBrokerStats stats_;
};

}  // namespace sipcast
