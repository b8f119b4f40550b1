#include "bench/load/poll_loop.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <future>

#include "base/check.hpp"

namespace sipcast::bench {

void pin_thread(int core) {
  if (core < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(core), &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

PollLoop::PollLoop(std::string name, int core)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  CHECK(epoll_ && wakeup_ && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event) == 0);
  thread_ = std::thread([this, core, name = std::move(name)] {
    pthread_setname_np(pthread_self(), name.c_str());
    run(core);
  });
}

void PollLoop::stop() {
  if (!thread_.joinable()) return;
  post([this] { stopping_ = true; });
  thread_.join();
}

void PollLoop::post(Task task) {
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(task));
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

void PollLoop::ask(Task task) {
  std::promise<void> done;
  post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void PollLoop::watch(int fd, std::function<void()>* readable) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = readable}};
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
}

void PollLoop::run(int core) {
  pin_thread(core);
  while (!stopping_) turn();
  timers_.clear();
}

int PollLoop::timeout_ms() {
  const auto next = timers_.next();
  if (!next) return -1;
  const auto wait = *next - std::chrono::steady_clock::now();
  if (wait <= Duration::zero()) return 0;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count());
}

void PollLoop::turn() {
  std::array<epoll_event, 512> events;
  const int ready =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms());
  now_ = std::chrono::steady_clock::now();
  for (int i = 0; i < ready; ++i) {
    if (auto* readable = static_cast<std::function<void()>*>(events[static_cast<size_t>(i)].data.ptr)) {
      (*readable)();
    } else {
      uint64_t posts = 0;
      [[maybe_unused]] const ssize_t got = ::read(wakeup_.get(), &posts, sizeof posts);
    }
  }
  timers_.due(now_, due_);
  for (const uint64_t id : due_) {
    if (Task task = timers_.take(id)) task();
  }
  run_posted();
}

void PollLoop::run_posted() {
  std::vector<Task> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(posted_);
  }
  for (Task& task : batch) std::exchange(task, nullptr)();
}

}  // namespace sipcast::bench
