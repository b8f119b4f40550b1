#include "net/timer_heap.hpp"

#include <algorithm>
#include <utility>

namespace sipcast {

bool TimerHeap::later(const Entry& a, const Entry& b) {
  return a.at != b.at ? a.at > b.at : a.order > b.order;
}

uint64_t TimerHeap::add(Instant at, Task task) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[index];
  slot.used = true;
  slot.task = std::move(task);
  const uint64_t id = uint64_t{slot.generation} << 32 | index;
  ++live_;
  compact();
  heap_.push_back({at, next_order_++, id});
  std::ranges::push_heap(heap_, later);
  return id;
}

TimerHeap::Slot* TimerHeap::find(uint64_t id) {
  const auto index = static_cast<uint32_t>(id);
  if (index >= slots_.size()) return nullptr;
  Slot& slot = slots_[index];
  return slot.used && slot.generation == id >> 32 ? &slot : nullptr;
}

TimerHeap::Task TimerHeap::take(uint64_t id) {
  Slot* slot = find(id);
  if (slot == nullptr) return {};
  Task task = std::move(slot->task);
  slot->task = nullptr;
  slot->used = false;
  if (++slot->generation == 0) slot->generation = 1;
  free_slots_.push_back(static_cast<uint32_t>(id));
  --live_;
  return task;
}

void TimerHeap::cancel(uint64_t id) {
  const Task dropped = take(id);  // destroyed when the heap is in order: it may cancel others
}

void TimerHeap::pop() {
  std::ranges::pop_heap(heap_, later);
  heap_.pop_back();
}

/// Bounds what cancelled timers occupy.
void TimerHeap::compact() {
  if (heap_.size() < 64 || heap_.size() < 2 * live_) return;
  std::erase_if(heap_, [this](const Entry& entry) { return find(entry.id) == nullptr; });
  std::ranges::make_heap(heap_, later);
}

std::optional<Instant> TimerHeap::next() {
  while (!heap_.empty() && find(heap_.front().id) == nullptr) pop();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at;
}

void TimerHeap::due(Instant now, std::vector<uint64_t>& ids) {
  ids.clear();
  for (auto at = next(); at && *at <= now; at = next()) {
    ids.push_back(heap_.front().id);
    pop();
  }
}

void TimerHeap::clear() {
  // Emptied first: a destroyed task may cancel other timers, whose ids must be unknown by then.
  const std::vector<Slot> dropped = std::exchange(slots_, {});
  free_slots_.clear();
  heap_.clear();
  live_ = 0;
}

}  // namespace sipcast
