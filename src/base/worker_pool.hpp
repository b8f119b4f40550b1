#pragma once
#include <functional>
#include <memory>
#include <string>

namespace sipcast {

/// A few threads for jobs that take longer than a loop may wait: encoding, files. Jobs of one
/// Strand run one after the other, in order; those of different Strands side by side.
class WorkerPool {
 public:
  using Job = std::move_only_function<void()>;

  WorkerPool(std::string name, size_t threads);
  /// Runs what is queued already, then ends the threads.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;

  /// One queue of jobs; a cheap value, any thread. The pool must outlive the last run().
  class Strand {
   public:
    Strand() = default;
    /// Queues `job`; false, and the job is dropped, when `max_queued` jobs wait already.
    bool run(Job job) const;

   private:
    friend class WorkerPool;
    struct State;
    explicit Strand(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
  };
  Strand make_strand(size_t max_queued = 1000);

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace sipcast
