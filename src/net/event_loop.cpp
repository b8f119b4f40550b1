#include "net/event_loop.hpp"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/check.hpp"
#include "net/event_loop_asio.hpp"

namespace sipcast {

EventLoop::EventLoop(std::string name) : asio_(std::make_unique<Asio>(std::move(name))) {}

EventLoop::~EventLoop() { stop(); }

void EventLoop::start() {
  CHECK(!asio_->thread.joinable() && !asio_->stopping);
  asio_->running = true;
  asio_->thread = std::thread([asio = asio_.get()] { asio->run(); });
}

void EventLoop::stop() {
  CHECK(!asio_->running || !in_loop());
  asio_->stopping = true;
  asio_->context.stop();
  if (asio_->thread.joinable()) asio_->thread.join();
  asio_->running = false;
  asio_->drop_queued();  // of a loop that never ran
}

void EventLoop::post(Task task) {
  std::unique_lock lock(asio_->mutex);
  if (asio_->stopping) return;
  asio_->posted.push_back(std::move(task));
  if (std::exchange(asio_->drain_pending, true)) return;
  lock.unlock();
  boost::asio::post(asio_->context, [asio = asio_.get()] { asio->drain(); });
}

bool EventLoop::in_loop() const { return asio_->thread_id == std::this_thread::get_id(); }

void EventLoop::check() const {
#ifndef NDEBUG
  CHECK(!asio_->running || in_loop());
#endif
}

void EventLoop::Asio::run() {
  thread_id = std::this_thread::get_id();
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  const auto work = boost::asio::make_work_guard(context);
  context.run();
  drop_queued();
}

/// Runs what was posted so far. What these tasks post waits until sockets had their turn.
void EventLoop::Asio::drain() {
  {
    const std::lock_guard lock(mutex);
    batch.swap(posted);
    drain_pending = false;
  }
  for (Task& task : batch) {
    if (stopping) return;
    std::exchange(task, nullptr)();
  }
  batch.clear();
}

/// Destroys what is queued on the loop's own thread, so that destructors may call the loop.
void EventLoop::Asio::drop_queued() {
  std::vector<Task> dropped;
  {
    const std::lock_guard lock(mutex);
    dropped.swap(posted);
  }
  dropped.clear();
  std::exchange(batch, {}).clear();
  timers->clear();
}

void EventLoop::Asio::arm() {
  const auto next = timers->next();
  if (next == armed || !next) return;
  armed = next;
  alarm.expires_at(*next);
  alarm.async_wait([this](const boost::system::error_code& error) {
    if (!error) run_timers();  // an error: set anew meanwhile
  });
}

void EventLoop::Asio::run_timers() {
  armed.reset();
  timers->due(std::chrono::steady_clock::now(), due);
  for (size_t i = 0; i < due.size() && !stopping; ++i) {
    if (Task task = timers->take(due[i])) task();
  }
  arm();
}

struct EventLoop::Timer::State {
  std::weak_ptr<TimerHeap> timers;
  uint64_t id;
};

EventLoop::Timer::Timer(std::shared_ptr<State> state) : state_(std::move(state)) {}
EventLoop::Timer::Timer(Timer&&) noexcept = default;
EventLoop::Timer& EventLoop::Timer::operator=(Timer&& other) noexcept {
  if (this == &other) return *this;
  cancel();
  state_ = std::move(other.state_);
  return *this;
}
EventLoop::Timer::~Timer() { cancel(); }

void EventLoop::Timer::cancel() {
  const std::shared_ptr<State> state = std::exchange(state_, nullptr);
  if (!state) return;
  if (const auto timers = state->timers.lock()) timers->cancel(state->id);
}

EventLoop::Timer EventLoop::at(Instant at, Task task) {
  check();
  if (asio_->stopping) return {};
  const uint64_t id = asio_->timers->add(at, std::move(task));
  asio_->arm();
  return Timer(std::make_shared<Timer::State>(asio_->timers, id));
}

EventLoop::Timer EventLoop::after(Duration delay, Task task) {
  return at(std::chrono::steady_clock::now() + delay, std::move(task));
}

}  // namespace sipcast
