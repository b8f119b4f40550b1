#pragma once
#include <array>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/time.hpp"
#include "net/timer_heap.hpp"
#include "net/unique_fd.hpp"

namespace sipcast::bench {

/// Binds the calling thread to one core; -1: leaves it.
void pin_thread(int core);

/// One thread with an epoll, timers and posted tasks: for the generator's own sockets, which want
/// the kernel's receive timestamps. Everything but post(), ask() and stop() is for its own thread.
class PollLoop {
 public:
  using Task = std::move_only_function<void()>;
  PollLoop(std::string name, int core);
  ~PollLoop() { stop(); }
  PollLoop(const PollLoop&) = delete;

  void stop();           ///< Joins. Not from the loop's own thread.
  void post(Task task);  ///< Any thread.
  void ask(Task task);   ///< Any other thread: waits until `task` has run on the loop.
  Instant now() const { return now_; }  ///< of this turn
  /// `readable` must outlive the loop's watch; a closed descriptor is forgotten by itself.
  void watch(int fd, std::function<void()>* readable);
  uint64_t at(Instant at, Task task) { return timers_.add(at, std::move(task)); }
  void cancel(uint64_t timer) { timers_.cancel(timer); }

 private:
  void run(int core);
  void turn();
  int timeout_ms();
  void run_posted();

  UniqueFd epoll_, wakeup_;
  std::mutex mutex_;  // guards the next two
  std::vector<Task> posted_;
  bool stopping_ = false;
  TimerHeap timers_;
  std::vector<uint64_t> due_;
  Instant now_ = std::chrono::steady_clock::now();
  std::thread thread_;
};

}  // namespace sipcast::bench
