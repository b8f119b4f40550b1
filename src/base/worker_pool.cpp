#include "base/worker_pool.hpp"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace sipcast {

struct WorkerPool::Strand::State {
  std::shared_ptr<Core> core;
  size_t max_queued;
  std::deque<Job> jobs;  // guarded by the core's mutex, as all below
  bool scheduled = false;
};

struct WorkerPool::Core {
  std::mutex mutex;
  std::condition_variable work;
  std::deque<std::shared_ptr<Strand::State>> ready;
  bool ending = false;
  std::vector<std::thread> threads;

  void run_thread() {
    std::unique_lock lock(mutex);
    while (true) {
      work.wait(lock, [this] { return ending || !ready.empty(); });
      if (ready.empty()) return;
      const auto strand = std::move(ready.front());
      ready.pop_front();
      Job job = std::move(strand->jobs.front());
      strand->jobs.pop_front();
      lock.unlock();
      job();
      job = {};  // what it holds is freed outside of the lock
      lock.lock();
      // Behind the others: no strand starves another.
      strand->scheduled = !strand->jobs.empty();
      if (strand->scheduled) ready.push_back(strand);
    }
  }
};

WorkerPool::WorkerPool(std::string name, size_t threads) : core_(std::make_shared<Core>()) {
  for (size_t i = 0; i < threads; ++i) {
    core_->threads.emplace_back([core = core_.get()] { core->run_thread(); });
    ::pthread_setname_np(core_->threads.back().native_handle(),
                         (name + std::to_string(i)).substr(0, 15).c_str());
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(core_->mutex);
    core_->ending = true;
  }
  core_->work.notify_all();
  for (std::thread& thread : core_->threads) thread.join();
}

WorkerPool::Strand WorkerPool::make_strand(size_t max_queued) {
  return Strand(std::make_shared<Strand::State>(Strand::State{core_, max_queued, {}, false}));
}

bool WorkerPool::Strand::run(Job job) const {
  Core& core = *state_->core;
  const std::lock_guard lock(core.mutex);
  if (core.ending || state_->jobs.size() >= state_->max_queued) return false;
  state_->jobs.push_back(std::move(job));
  if (!state_->scheduled) {
    state_->scheduled = true;
    core.ready.push_back(state_);
    core.work.notify_one();
  }
  return true;
}

}  // namespace sipcast
