#pragma once
#include "control/call_service.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast::rest {

/// POST /v1/emergency-stop hangs up every call and lets none begin, in either direction, until
/// DELETE /v1/emergency-stop; GET says how it is. All must outlive the router.
void add_emergency_stop_routes(http::Router& router, EventLoop& control, CallService& calls);

}  // namespace sipcast::rest
