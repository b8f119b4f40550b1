#include "control/v1/event_routes.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/v1/query.hpp"

namespace sipcast::v1 {

Result<EventRequest> parse_event_request(std::string_view raw_query,
                                         std::string_view last_event_id) {
  const auto query = Query::parse(raw_query, {"after", "types", "call_id", "stream", "limit"});
  if (!query) return std::unexpected(query.error());
  EventRequest asked;
  if (query->text("after")) {
    const auto after = query->number("after", 0, 0, UINT64_MAX);
    if (!after) return std::unexpected(after.error());
    asked.after = *after;
  }
  // What a browser says when it comes again is newer than the address that it was given.
  if (!last_event_id.empty()) {
    const auto after = parse_decimal(last_event_id);
    if (!after) return fail(Errc::InvalidArgument, "Last-Event-ID: must be the id of an event");
    asked.after = after;
  }
  const auto limit = query->number("limit", 1000, 1, 1000);
  if (!limit) return std::unexpected(limit.error());
  asked.limit = *limit;
  if (const auto text = query->text("types")) {
    auto types = parse_event_types(*text);
    if (!types) return std::unexpected(types.error());
    asked.filter.types = std::move(*types);
  }
  asked.filter.call = query->text("call_id");
  asked.filter.stream = query->text("stream");
  return asked;
}

namespace {

http::Response list(const EventLog& log, const EventRequest& asked) {
  const uint64_t after = asked.after.value_or(0);
  uint64_t last = std::min(after, log.last_id());
  boost::json::array array;
  for (const EventPtr& event : log.after(after, log.size())) {
    if (array.size() == asked.limit) break;
    last = event->id;
    if (asked.filter.matches(*event)) array.push_back(to_json(*event));
  }
  return json_response(200, {{"events", std::move(array)},
                             {"last_id", last},
                             {"missed", asked.after && after > 0 && !log.reaches_back_to(after)}});
}

http::Response feed(EventFeeds& feeds, const EventRequest& asked) {
  auto source = feeds.open(asked.after, asked.filter);
  if (!source) return refusal(source.error());
  return {.status = 200,
          .headers = {{"Content-Type", "text/event-stream"},
                      {"Cache-Control", "no-store"},
                      {"X-Accel-Buffering", "no"}},
          .body = {},
          .source = std::move(*source)};
}

}  // namespace

void add_event_routes(http::Router& router, const Services& services, EventFeeds& feeds) {
  add_methods(router, "/v1/events",
              {{"GET", on_control(services.control, [&log = services.events,
                                                     &feeds](const http::Request& request) {
                  const auto asked =
                      parse_event_request(request.query, request.header("last-event-id"));
                  if (!asked) return refusal(asked.error());
                  const std::string accept = to_lower(request.header("accept"));
                  const bool stream = accept.find("text/event-stream") != accept.npos;
                  return stream ? feed(feeds, *asked) : list(log, *asked);
                })}});
}

}  // namespace sipcast::v1
