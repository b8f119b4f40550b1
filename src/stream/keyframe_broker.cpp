#include "stream/keyframe_broker.hpp"

#include <algorithm>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

constexpr Duration kJustNow = 300ms;  // a keyframe this young serves the wish
constexpr Duration kMaxBackOff = 16s;

/// What the nth ask of a round sends, and how long it waits for an answer. Single PLIs get lost
/// inside of real phones (baresip 1.0: 4 of 15), so PLI is repeated beside the other ways.
struct Step {
  KeyframeAsk ask;
  Duration wait;
};
constexpr Step kRound[] = {
    {{.pli = true}, 250ms},
    {{.pli = true}, 500ms},
    {{.pli = true, .fir = true}, 1000ms},
    {{.pli = true, .fir = true, .info = true}, 2000ms},
};
}  // namespace

KeyframeAsk KeyframeBroker::want(Instant now) {
  if (attempt_ > 0) return {};
  if (last_keyframe_ && now - *last_keyframe_ < kJustNow) return {};
  if (quiet_until_ && now < *quiet_until_) return {};
  round_start_ = now;
  return ask(now);
}

KeyframeAsk KeyframeBroker::ask(Instant now) {
  const Step& step = kRound[attempt_++];
  next_ask_ = now + step.wait;
  ++stats_.asks_total;
  return step.ask;
}

void KeyframeBroker::on_keyframe(Instant now) {
  last_keyframe_ = now;
  if (attempt_ == 0) return;
  attempt_ = 0;
  next_ask_.reset();
  quiet_until_.reset();
  back_off_ = 2s;
  stats_.deaf = false;
  ++stats_.answered_total;
  stats_.last_time_to_keyframe = now - round_start_;
}

KeyframeAsk KeyframeBroker::on_timer(Instant now) {
  if (!next_ask_ || now < *next_ask_) return {};
  if (attempt_ < static_cast<int>(std::size(kRound))) return ask(now);
  attempt_ = 0;
  next_ask_.reset();
  quiet_until_ = now + back_off_;
  back_off_ = std::min(back_off_ * 2, kMaxBackOff);
  stats_.deaf = true;
  ++stats_.gave_up_total;
  return {};
}

}  // namespace sipcast
