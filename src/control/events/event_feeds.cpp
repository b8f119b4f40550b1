#include "control/events/event_feeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace sipcast {

EventFeeds::EventFeeds(Options options, EventLoop& control, EventLog& log)
    : options_(options), control_(control), log_(log) {
  subscription_ = log_.subscribe([this](const EventPtr&) {
    for (auto& [key, feed] : feeds_) serve(feed);
  });
}

EventFeeds::~EventFeeds() { *alive_ = false; }

Result<std::shared_ptr<const http::BodySource>> EventFeeds::open(std::optional<uint64_t> after,
                                                                 EventFilter filter) {
  if (feeds_.size() >= options_.max_feeds) {
    return fail(Errc::Exhausted, "this server has its greatest number of listeners to events");
  }
  const uint64_t key = ++last_key_;
  const uint64_t last = log_.last_id();
  feeds_.emplace(key, Feed{.after = std::min(after.value_or(last), last),
                           .filter = std::move(filter),
                           .waiting = nullptr});
  /// Whoever holds the body keeps the feed.
  struct Ticket {
    std::function<void()> gone;
    ~Ticket() { gone(); }
  };
  const auto ticket = std::make_shared<Ticket>([this, key, alive = alive_, &control = control_] {
    control.post([this, key, alive] {
      if (*alive) feeds_.erase(key);
    });
  });
  return std::make_shared<const http::BodySource>(
      http::BodySource{.size = http::BodySource::kOpenEnd,
                       .next = [this, key, ticket, alive = alive_, &control = control_](Done done) {
                         control.post([this, key, alive, done = std::move(done)]() mutable {
                           if (*alive) next(key, std::move(done));
                         });
                       }});
}

void EventFeeds::next(uint64_t key, Done done) {
  const auto found = feeds_.find(key);
  if (found == feeds_.end()) return done("");
  Feed& feed = found->second;
  feed.waiting = std::move(done);
  feed.keep_alive = control_.after(options_.keep_alive, [this, key] {
    const auto still = feeds_.find(key);
    if (still == feeds_.end() || !still->second.waiting) return;
    std::exchange(still->second.waiting, nullptr)(": keep-alive\n\n");
  });
  serve(feed);
}

void EventFeeds::serve(Feed& feed) {
  if (!feed.waiting) return;
  std::string piece = take(feed);
  if (piece.empty()) return;
  feed.keep_alive.cancel();
  std::exchange(feed.waiting, nullptr)(std::move(piece));
}

std::string EventFeeds::take(Feed& feed) {
  std::string piece;
  if (!std::exchange(feed.begun, true)) piece = "retry: 1000\n\n";  // and the head goes out at once
  if (!log_.reaches_back_to(feed.after)) {
    if (feed.after > 0)
      piece += fmt::format("event: missed\ndata: {{\"after\":{}}}\n\n", feed.after);
    feed.after = log_.last_id() - log_.size();
  }
  while (piece.empty() && feed.after < log_.last_id()) {  // else nobody would ask for the rest
    for (const EventPtr& event : log_.after(feed.after, options_.max_batch)) {
      feed.after = event->id;
      if (!feed.filter.matches(*event)) continue;
      piece +=
          fmt::format("id: {}\ndata: {}\n\n", event->id, boost::json::serialize(to_json(*event)));
    }
  }
  return piece;
}

}  // namespace sipcast
