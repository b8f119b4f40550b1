#pragma once
// Only for .cpp files of net and http: this is where Asio shows.
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/event_loop.hpp"
#include "net/timer_heap.hpp"

namespace sipcast {

/// What is behind an EventLoop. Others use `context` (sockets, co_spawn), whose handlers run on the
/// loop's thread. Handlers that are still pending when the loop stops are destroyed with the
/// EventLoop.
struct EventLoop::Asio {
  explicit Asio(std::string loop_name) : name(std::move(loop_name)) {}

  const std::string name;
  std::thread thread;
  std::atomic<bool> running = false;
  std::atomic<bool> stopping = false;
  std::atomic<std::thread::id> thread_id;

  std::mutex mutex;  // guards the next two
  std::vector<Task> posted;
  bool drain_pending = false;
  std::vector<Task> batch;  // loop only: what drain() runs

  /// Shared, so that a Timer may outlive its loop.
  std::shared_ptr<TimerHeap> timers = std::make_shared<TimerHeap>();
  std::optional<Instant> armed;
  std::vector<uint64_t> due;

  boost::asio::io_context context{1};        // destroyed first: its handlers may call post()
  boost::asio::steady_timer alarm{context};  // at the earliest of `timers`

  void run();
  void drain();
  void run_timers();
  void arm();
  void drop_queued();
};

}  // namespace sipcast
