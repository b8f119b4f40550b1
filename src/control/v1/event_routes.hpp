#pragma once
#include <optional>
#include <string_view>

#include "control/events/event_feeds.hpp"
#include "control/v1/routes.hpp"

namespace sipcast::v1 {

/// What a GET of /v1/events asks for.
struct EventRequest {
  std::optional<uint64_t> after;  ///< an id; none: all that is kept, or, as a feed, from now on
  uint64_t limit = 1000;
  EventFilter filter;
};
/// Errors: BadSyntax, InvalidArgument naming the parameter.
Result<EventRequest> parse_event_request(std::string_view raw_query,
                                         std::string_view last_event_id);

/// GET /v1/events: JSON, or server-sent events for "Accept: text/event-stream".
void add_event_routes(http::Router& router, const Services& services, EventFeeds& feeds);

}  // namespace sipcast::v1
