#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace sipcast {

/// One-shot timers of one loop: a binary heap whose cancelled entries are left to sink out, so that
/// setting and cancelling allocate nothing once the heap has its size. Thread: its loop's.
class TimerHeap {
 public:
  using Task = std::move_only_function<void()>;

  /// Returns the id for cancel(); never 0.
  uint64_t add(Instant at, Task task);
  /// Destroys the task of `id`, unless it was taken or cancelled before.
  void cancel(uint64_t id);
  /// When the earliest timer is due; none when there is no timer.
  std::optional<Instant> next();
  /// Replaces `ids` by those due at `now`: earliest first, equal ones in the order of adding.
  void due(Instant now, std::vector<uint64_t>& ids);
  /// The task of `id`, which the heap forgets; empty when it was cancelled meanwhile.
  Task take(uint64_t id);
  /// Destroys all tasks.
  void clear();
  size_t size() const { return live_; }

 private:
  struct Slot {
    uint32_t generation = 1;
    bool used = false;
    Task task;
  };
  struct Entry {
    Instant at;
    uint64_t order;
    uint64_t id;
  };
  static bool later(const Entry& a, const Entry& b);
  Slot* find(uint64_t id);
  void pop();
  void compact();

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  std::vector<Entry> heap_;
  uint64_t next_order_ = 0;
  size_t live_ = 0;
};

}  // namespace sipcast
