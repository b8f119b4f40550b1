#pragma once
#include "control/call_service.hpp"
#include "control/push_service.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast::rest {

/// Adds /rest-api/push/*, as WCS clients call them (wcs-rest 3). The handlers run on the web loop
/// and ask the control loop. All must outlive the router.
void add_push_routes(http::Router& router, EventLoop& control, CallService& calls,
                     PushService& pushes);

}  // namespace sipcast::rest
