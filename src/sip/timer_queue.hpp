#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "base/time.hpp"

namespace sipcast::sip {

/// Timers in virtual time. A Timer is stopped by its destructor; the queue outlives its timers.
class TimerQueue {
  using Key = std::pair<Instant, uint64_t>;

 public:
  class Timer {
   public:
    Timer() = default;
    Timer(Timer&& other) noexcept
        : queue_(std::exchange(other.queue_, nullptr)), key_(std::move(other.key_)) {}
    Timer& operator=(Timer&& other) noexcept {
      if (this != &other) {
        stop();
        queue_ = std::exchange(other.queue_, nullptr);
        key_ = other.key_;
      }
      return *this;
    }
    ~Timer() { stop(); }
    void stop() {
      if (queue_) queue_->timers_.erase(key_);
      queue_ = nullptr;
    }

   private:
    friend class TimerQueue;
    Timer(TimerQueue& queue, Key key) : queue_(&queue), key_(key) {}
    TimerQueue* queue_ = nullptr;
    Key key_{};
  };

  [[nodiscard]] Timer at(Instant when, std::function<void()> action) {
    const Key key{when, ++last_id_};
    timers_.emplace(key, std::move(action));
    return Timer(*this, key);
  }
  std::optional<Instant> deadline() const {
    if (timers_.empty()) return {};
    return timers_.begin()->first.first;
  }
  /// Takes the first timer that is due; empty when there is none.
  std::function<void()> take_due(Instant now) {
    if (timers_.empty() || timers_.begin()->first.first > now) return {};
    auto action = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    return action;
  }

 private:
  std::map<Key, std::function<void()>> timers_;
  uint64_t last_id_ = 0;
};

using Timer = TimerQueue::Timer;

}  // namespace sipcast::sip
