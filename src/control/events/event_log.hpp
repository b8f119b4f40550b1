#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "control/events/event.hpp"

namespace sipcast {

/// The events of this server in the order in which they became known, the newest of them kept for
/// those who come later. Control loop only; other threads post there.
class EventLog {
 public:
  struct Options {
    size_t max_events = 10'000;  ///< the oldest goes first
    /// Of the first event. Taken from the wall clock by default, so that ids also grow over a
    /// restart; below 2^53, for JavaScript.
    uint64_t first_id = id_of(std::chrono::system_clock::now());
  };
  EventLog() : EventLog(Options{}) {}
  explicit EventLog(Options options) : options_(options), next_id_(options.first_id) {}

  /// Gives it its id, keeps it, tells every subscriber. What a subscriber publishes meanwhile
  /// follows it. An event of a stream that names no call gets the stream's call.
  void publish(Event event);

  /// Stops the calls when destroyed; the log must still be there.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(EventLog* log, uint64_t key) : log_(log), key_(key) {}
    Subscription(Subscription&& other) noexcept { *this = std::move(other); }
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription() { release(); }
    void release();

   private:
    EventLog* log_ = nullptr;
    uint64_t key_ = 0;
  };
  using Subscriber = std::function<void(const EventPtr&)>;
  /// `subscriber` hears every event that is published from now on, in order, until the handle goes.
  /// It is called in the midst of what happens: to end the call, or the like, it posts.
  [[nodiscard]] Subscription subscribe(Subscriber subscriber);

  /// The oldest `max` of those that are kept and have a greater id.
  std::vector<EventPtr> after(uint64_t id, size_t max) const;
  /// True: all that came behind `id` is still here.
  bool reaches_back_to(uint64_t id) const;
  /// Of the newest event; first_id - 1 before the first.
  uint64_t last_id() const { return next_id_ - 1; }
  size_t size() const { return kept_.size(); }

 private:
  /// 1,000 a millisecond: no server makes more.
  static uint64_t id_of(WallTime time);
  void note_call(Event& event);
  void forget_oldest();

  Options options_;
  uint64_t next_id_;
  std::deque<EventPtr> kept_;  // consecutive ids
  /// By stream, from its first event until the log forgets its end: viewers leave behind that.
  std::map<std::string, CallId> calls_;
  std::map<uint64_t, Subscriber> subscribers_;
  uint64_t last_key_ = 0;
  std::deque<EventPtr> telling_;  // what is not told to everybody yet
};

}  // namespace sipcast
