#pragma once
#include "control/events/event_feeds.hpp"
#include "control/metrics/server_counters.hpp"
#include "control/v1/routes.hpp"

namespace sipcast::v1 {

/// GET /readyz, /metrics, /openapi.json; GET, POST and DELETE of /v1/drain.
void add_server_routes(http::Router& router, const Services& services,
                       const ServerCounters& counters, const EventFeeds& feeds);

}  // namespace sipcast::v1
