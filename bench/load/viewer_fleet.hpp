#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/load/poll_loop.hpp"
#include "bench/load/udp.hpp"
#include "bench/load/viewer.hpp"

namespace sipcast::bench {

/// How a viewer's joining went, from its first request on.
struct JoinTime {
  double answered_ms = 0;    ///< until the server's description was there
  double keyframe_ms = -1;   ///< until a keyframe was complete; -1: never
  uint64_t keyframe_ns = 0;  ///< wall clock of that
  std::string error = {};    ///< "" unless the server refused
};

/// N viewers on one thread, each with a UDP socket of its own; their signalling on a few others.
/// Public members are for the scenario's thread.
class ViewerFleet {
 public:
  using MakeSignalling = std::function<std::unique_ptr<Signalling>(size_t viewer)>;
  ViewerFleet(int core, size_t signalling_threads, const DtlsContext& dtls, const FrameEnds& ends);
  ~ViewerFleet();
  ViewerFleet(const ViewerFleet&) = delete;

  /// Joins `count` viewers, `apart` from each other; returns at once. They are numbered from the
  /// number of those that were asked for before.
  void join(size_t count, Duration apart, const MakeSignalling& make);
  /// Waits until each that was asked for has a keyframe or an error; false when patience runs out.
  bool settle(Duration patience);
  /// The oldest `count` of those numbered from `from` on leave; the server hears of it soon.
  void leave(size_t count, size_t from = 0);
  /// Only the viewers below this number count in take_totals(). Before join().
  void measure_below(size_t number) { measured_ = number; }
  size_t watching() const { return watching_; }  ///< with a keyframe
  size_t idle_jobs();                            ///< 0 when nobody waits for signalling

  ViewerTotals take_totals();          ///< since the last call
  std::vector<JoinTime> take_times();  ///< of those that settled since the last call, by number
  /// Plain sockets that count and throw away: what the limit probe sends to.
  std::vector<SocketAddress> open_sinks(size_t count);
  void close_sinks();

 private:
  struct Member {
    std::unique_ptr<Viewer> viewer;
    UniqueFd fd;
    std::function<void()> readable;
    std::shared_ptr<Signalling> signalling;
    Instant asked{};
    uint64_t timer = 0;
    Instant timer_due = Instant::max();
    uint64_t asked_ns = 0;
    JoinTime time;
    bool settled = false;
  };
  struct Sink {
    UniqueFd fd;
    std::function<void()> readable;
  };
  using Job = std::move_only_function<void()>;
  void run_jobs();
  void add_job(Job job);
  void ask(size_t id, const std::shared_ptr<Signalling>& by);
  void answered(size_t id, const Result<ViewerRemote>& remote);
  void read(size_t id);
  void after(size_t id, Viewer::Output& out);
  void settle_one(size_t id, Member& member);

  const DtlsContext& dtls_;
  const FrameEnds& ends_;
  // On the loop.
  UdpDrain drain_;
  std::map<size_t, Member> members_;  // by number
  std::map<size_t, JoinTime> times_;
  ViewerTotals totals_, unmeasured_;
  std::vector<std::unique_ptr<Sink>> sinks_;

  size_t asked_ = 0;             // the scenario's
  size_t measured_ = SIZE_MAX;
  std::atomic<size_t> settled_ = 0, watching_ = 0;
  std::mutex mutex_;  // guards the next three
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool closing_ = false;
  std::atomic<size_t> busy_ = 0;
  std::vector<std::thread> workers_;
  PollLoop loop_;  // last: its thread uses the others
};

}  // namespace sipcast::bench
