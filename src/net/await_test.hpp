#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>

namespace sipcast::test {

inline constexpr auto kPatience = std::chrono::seconds(20);

/// Runs `work` on `loop` and returns what it returns.
template <class Loop, class Work>
auto on(Loop& loop, Work work) {
  using Value = decltype(work());
  auto task = std::make_shared<std::packaged_task<Value()>>(std::move(work));
  auto done = task->get_future();
  loop.post([task] { (*task)(); });
  if (done.wait_for(kPatience) != std::future_status::ready) throw std::runtime_error("loop hangs");
  return done.get();
}

/// A value that one thread changes and another waits for.
template <class T>
class Awaited {
 public:
  void change(const std::function<void(T&)>& by) {
    const std::lock_guard lock(mutex_);
    by(value_);
    changed_.notify_all();
  }
  /// False when `condition` did not hold in time.
  bool wait(const std::function<bool(const T&)>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return condition(value_); });
  }
  T get() {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  T value_{};
};

}  // namespace sipcast::test
