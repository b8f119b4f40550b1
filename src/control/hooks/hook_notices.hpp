#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "base/log.hpp"
#include "control/hooks/hook_sender.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// Tells back-ends what has happened. What concerns one subject (a call, a stream that is played)
/// arrives in its order; a back-end that is away is tried again, at growing intervals. Bounded: at
/// the bound the newest notice is dropped, and counted. Control loop only.
class HookNotices {
 public:
  struct Options {
    size_t max_queued = 10'000;
    int max_tries = 6;
    Duration first_pause = std::chrono::milliseconds(500);  ///< doubled with each try
    Duration longest_pause = std::chrono::seconds(30);
  };
  struct Stats {
    uint64_t told_total = 0, retried_total = 0, dropped_total = 0;
  };
  HookNotices(Options options, EventLoop& control, HookSender& sender, Logger log)
      : options_(options), control_(control), sender_(sender), log_(std::move(log)) {}
  ~HookNotices() { *alive_ = false; }
  HookNotices(const HookNotices&) = delete;

  void push(HookSender::Message message, const std::string& subject);
  const Stats& stats() const { return stats_; }

 private:
  struct Lane {
    std::deque<HookSender::Message> queue;
    bool busy = false;
    int tries = 0;
    EventLoop::Timer pause;
  };
  using Lanes = std::map<std::string, Lane>;
  void send_next(Lanes::iterator at);
  void answered(const std::string& key, const Result<fetch::Reply>& reply);
  void done_with_first(Lanes::iterator at);

  Options options_;
  EventLoop& control_;
  HookSender& sender_;
  Logger log_;
  Lanes lanes_;  // by app and a few buckets of subjects; those with something in them
  size_t queued_ = 0;
  Stats stats_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Whether a notice that was answered like this should be sent again: nobody answered, or the
/// server said "not now" (408, 425, 429, 5xx).
bool is_worth_another_try(const Result<fetch::Reply>& reply);
/// The pause behind so many tries.
Duration pause_after(int tries, const HookNotices::Options& options);

}  // namespace sipcast
