#include "stream/keyframe_broker.hpp"

#include <algorithm>
#include <utility>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

constexpr Duration kJustNow = 300ms;     // a keyframe this young serves the wish
constexpr Duration kJustNowByInfo = 1s;  // a SIP transaction each time
constexpr Duration kLeastBetween = 100ms;
constexpr Duration kMaxBackOff = 16s;

/// What the nth ask of a round sends, and how long it waits for an answer. Single PLIs get lost
/// inside of real phones (baresip 1.0: 4 of 15), so PLI is repeated beside the other ways.
struct Step {
  KeyframeAsk ask;
  Duration wait;
  KeyframeWay way;  // that an answer in this time speaks for
};
constexpr Step kRound[] = {
    {{.pli = true}, 250ms, KeyframeWay::Pli},
    {{.pli = true}, 500ms, KeyframeWay::Pli},
    {{.pli = true, .fir = true}, 1000ms, KeyframeWay::Fir},
    {{.pli = true, .fir = true, .info = true}, 2000ms, KeyframeWay::Info},
};
constexpr int kSteps = static_cast<int>(std::size(kRound));

int first_step(KeyframeWay way) {
  const auto* const found = std::ranges::find(kRound, way, &Step::way);
  return found == std::end(kRound) ? 0 : static_cast<int>(found - std::begin(kRound));
}
}  // namespace

std::string_view to_string(KeyframeWay way) {
  switch (way) {
    case KeyframeWay::Unknown:
      return "";
    case KeyframeWay::Pli:
      return "PLI";
    case KeyframeWay::Fir:
      return "FIR";
    case KeyframeWay::Info:
      return "INFO";
  }
  std::unreachable();
}

KeyframeAsk KeyframeBroker::want(Instant now) {
  if (asking_) return {};
  const Duration young = stats_.way == KeyframeWay::Info ? kJustNowByInfo : kJustNow;
  if (last_keyframe_ && now - *last_keyframe_ < young) return {};
  if (quiet_until_ && now < *quiet_until_) return {};
  return begin(now);
}

KeyframeAsk KeyframeBroker::want_new(Instant now) {
  quiet_until_.reset();
  if (!last_ask_ || now - *last_ask_ >= kLeastBetween) return begin(now);
  if (!asking_) round_start_ = now;
  asking_ = true;
  next_step_ = first_step(stats_.way);
  next_ask_ = *last_ask_ + kLeastBetween;
  return {};
}

KeyframeAsk KeyframeBroker::begin(Instant now) {
  round_start_ = now;
  asking_ = true;
  next_step_ = first_step(stats_.way);
  return ask(now);
}

KeyframeAsk KeyframeBroker::ask(Instant now) {
  const Step& step = kRound[next_step_++];
  last_ask_ = now;
  next_ask_ = now + step.wait;
  ++stats_.asks_total;
  return step.ask;
}

void KeyframeBroker::on_keyframe(Instant now) {
  last_keyframe_ = now;
  if (!asking_) return;
  learn(now);
  asking_ = false;
  next_ask_.reset();
  quiet_until_.reset();
  back_off_ = 2s;
  stats_.deaf = false;
  ++stats_.answered_total;
  stats_.last_time_to_keyframe = now - round_start_;
}

/// One answer may be chance, a keyframe that was due; two by the same way are none.
void KeyframeBroker::learn(Instant now) {
  if (!last_ask_ || *last_ask_ < round_start_ || next_step_ == 0) return;  // not asked yet
  const KeyframeWay way = now - *last_ask_ < 1s ? kRound[next_step_ - 1].way : KeyframeWay::Unknown;
  if (way != KeyframeWay::Unknown && way == answered_by_) stats_.way = way;
  answered_by_ = way;
}

KeyframeAsk KeyframeBroker::on_timer(Instant now) {
  if (!next_ask_ || now < *next_ask_) return {};
  if (next_step_ < kSteps) return ask(now);
  asking_ = false;
  next_ask_.reset();
  quiet_until_ = now + back_off_;
  back_off_ = std::min(back_off_ * 2, kMaxBackOff);
  stats_.way = answered_by_ = KeyframeWay::Unknown;
  stats_.deaf = true;
  ++stats_.gave_up_total;
  return {};
}

}  // namespace sipcast
