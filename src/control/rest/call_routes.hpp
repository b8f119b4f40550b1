#pragma once
#include "control/call_service.hpp"
#include "control/push_service.hpp"
#include "control/record_service.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast::rest {

/// Adds /rest-api/call/*, as WCS clients call them (wcs-rest 2). The handlers run on the web loop
/// and ask the control loop. All must outlive the router.
void add_call_routes(http::Router& router, EventLoop& control, CallService& calls,
                     PushService& pushes, RecordService& recordings);

}  // namespace sipcast::rest
