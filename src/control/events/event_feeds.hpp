#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "control/events/event_filter.hpp"
#include "control/events/event_log.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// Clients that listen to the events (server-sent events, WHATWG HTML §9.2), a bounded number of
/// them. One that reads slowly does not hold up anybody: it goes on from the log, and is told when
/// that does not reach back any more. Control loop, but for open().
class EventFeeds {
 public:
  struct Options {
    size_t max_feeds = 100;
    Duration keep_alive = std::chrono::seconds(15);  ///< a comment, when nothing happens
    size_t max_batch = 200;                          ///< events of one piece
  };
  EventFeeds(Options options, EventLoop& control, EventLog& log);
  ~EventFeeds();

  /// The body of a reply that tells what comes behind `after`; none: from now on. Errors:
  /// Exhausted.
  Result<std::shared_ptr<const http::BodySource>> open(std::optional<uint64_t> after,
                                                       EventFilter filter);
  size_t size() const { return feeds_.size(); }

 private:
  using Done = std::function<void(std::string)>;
  struct Feed {
    uint64_t after;
    EventFilter filter;
    bool begun = false;
    Done waiting;  // null: its reader is busy with the last piece
    EventLoop::Timer keep_alive;
  };
  void next(uint64_t key, Done done);
  /// The piece that is due; "" when there is none.
  std::string take(Feed& feed);
  void serve(Feed& feed);

  Options options_;
  EventLoop& control_;
  EventLog& log_;
  std::map<uint64_t, Feed> feeds_;
  uint64_t last_key_ = 0;
  EventLog::Subscription subscription_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sipcast
