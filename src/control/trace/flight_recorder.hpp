#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/call_info.hpp"
#include "control/media_worker.hpp"
#include "control/trace/call_trace.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// Keeps the trace of every call: those that run, and for a while those that have ended. Control
/// loop only.
class FlightRecorder {
 public:
  struct Options {
    Duration keep_failed = std::chrono::hours(1);
    Duration keep_ended = std::chrono::minutes(5);  ///< those that ended well
    size_t max_ended = 500;                         ///< the oldest goes first
    /// A call has reached a step for the first time, so long after its start.
    std::function<void(Milestone, Duration)> on_milestone = {};
  };
  using Key = uint64_t;  ///< of a call, never used again
  struct Ended {
    CallInfo info;
    MediaWorker::CallActivity media;
    Instant at, until;
  };
  struct Entry {
    CallTrace trace;
    std::vector<std::string> sip_call_ids;
    std::optional<Ended> ended;  ///< none: the call runs
  };
  FlightRecorder(Options options, EventLoop& loop) : options_(options), loop_(loop) {}

  /// Every SIP message passes here. One that belongs to no call yet is kept for a moment: an INVITE
  /// is on the wire, both ways, before its call can say so.
  void on_message(TracedMessage message);
  /// Begins the trace of a call; it stays where it is until ended().
  CallTrace& begin(Key key);
  /// Messages with this Call-ID belong to the trace, also the newest of those that have passed.
  void claim(Key key, const std::string& sip_call_id);
  void ended(Key key, const CallInfo& info);
  /// The figures of a call: its milestones are read from them, and the last ones are kept.
  void set_media(Key key, MediaWorker::CallActivity media);
  /// nullptr: there is none, or no more.
  const Entry* find(Key key) const;
  /// The newest ended call with this id; nullptr: there is none, or no more.
  const Entry* find_ended(const CallId& id) const;

 private:
  struct Unclaimed {
    std::string sip_call_id;
    TracedMessage message;
  };
  void forget(std::map<Key, Entry>::iterator entry);
  void arm();

  Options options_;
  EventLoop& loop_;
  std::map<Key, Entry> entries_;  // oldest first
  size_t ended_ = 0;
  std::multimap<std::string, Key, std::less<>> by_sip_call_id_;
  std::deque<Unclaimed> unclaimed_;
  EventLoop::Timer timer_;
};

}  // namespace sipcast
