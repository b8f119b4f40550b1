#include "control/events/event_log.hpp"

#include <algorithm>
#include <utility>

namespace sipcast {

uint64_t EventLog::id_of(WallTime time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<uint64_t>(std::max<int64_t>(since.count(), 1)) * 1000;
}

void EventLog::publish(Event event) {
  event.id = next_id_++;
  note_call(event);
  kept_.push_back(std::make_shared<const Event>(std::move(event)));
  if (kept_.size() > options_.max_events) forget_oldest();
  telling_.push_back(kept_.back());
  if (telling_.size() > 1) return;  // from inside of a subscriber: told behind the one under way
  for (; !telling_.empty(); telling_.pop_front()) {
    const EventPtr told = telling_.front();
    std::vector<uint64_t> keys;
    keys.reserve(subscribers_.size());
    for (const auto& [key, subscriber] : subscribers_) keys.push_back(key);
    for (const uint64_t key : keys) {
      const auto found = subscribers_.find(key);
      if (found == subscribers_.end()) continue;  // gone meanwhile
      const Subscriber subscriber = found->second;
      subscriber(told);
    }
  }
}

void EventLog::note_call(Event& event) {
  if (event.stream.value.empty()) return;
  if (!event.call.value.empty()) {
    calls_.insert_or_assign(event.stream.value, event.call);
  } else if (const auto found = calls_.find(event.stream.value); found != calls_.end()) {
    event.call = found->second;
  }
}

void EventLog::forget_oldest() {
  const EventPtr gone = std::move(kept_.front());
  kept_.pop_front();
  if (gone->type != EventType::StreamEnded) return;
  const auto found = calls_.find(gone->stream.value);
  if (found != calls_.end() && found->second == gone->call) calls_.erase(found);
}

EventLog::Subscription EventLog::subscribe(Subscriber subscriber) {
  subscribers_.emplace(++last_key_, std::move(subscriber));
  return Subscription(this, last_key_);
}

EventLog::Subscription& EventLog::Subscription::operator=(Subscription&& other) noexcept {
  if (this == &other) return *this;
  release();
  log_ = std::exchange(other.log_, nullptr);
  key_ = other.key_;
  return *this;
}

void EventLog::Subscription::release() {
  if (EventLog* log = std::exchange(log_, nullptr)) log->subscribers_.erase(key_);
}

std::vector<EventPtr> EventLog::after(uint64_t id, size_t max) const {
  const auto first =
      std::ranges::upper_bound(kept_, id, {}, [](const EventPtr& e) { return e->id; });
  const auto count = std::min<size_t>(max, static_cast<size_t>(kept_.end() - first));
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

bool EventLog::reaches_back_to(uint64_t id) const {
  const uint64_t oldest = kept_.empty() ? next_id_ : kept_.front()->id;
  return id >= oldest - 1;
}

}  // namespace sipcast
