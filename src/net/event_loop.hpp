#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/time.hpp"

namespace sipcast {

using Task = std::move_only_function<void()>;

/// One thread that runs tasks and timers: the control loop and the web loop. Boost.Asio behind it;
/// `event_loop_asio.hpp` shows the io_context to the .cpp files of net and http alone.
class EventLoop {
 public:
  explicit EventLoop(std::string name);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;

  void start();  ///< Starts the thread.
  void stop();   ///< Any thread: ends it after the running task and joins. What is still queued is
                 ///< dropped.
  /// Any thread. Runs `task` on the loop, in the order of posting.
  void post(Task task);
  /// Loop thread only (CHECKed in debug builds).
  void check() const;
  bool in_loop() const;

  /// Cancels when destroyed. Loop thread only.
  class Timer {
   public:
    Timer() = default;
    struct State;
    explicit Timer(std::shared_ptr<State> state);
    Timer(Timer&&) noexcept;
    Timer& operator=(Timer&&) noexcept;
    ~Timer();
    void cancel();

   private:
    std::shared_ptr<State> state_;
  };
  /// Loop thread only. Runs `task` once, at `at` or a little later, unless the Timer is gone by
  /// then.
  [[nodiscard]] Timer at(Instant at, Task task);
  [[nodiscard]] Timer after(Duration delay, Task task);

  struct Asio;  ///< event_loop_asio.hpp
  Asio& asio() { return *asio_; }

 private:
  std::unique_ptr<Asio> asio_;
};

}  // namespace sipcast
