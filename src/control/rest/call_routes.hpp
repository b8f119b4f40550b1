#pragma once
#include "control/call_service.hpp"
#include "control/push_service.hpp"
#include "control/record_service.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast::rest {

/// Adds /rest-api/call/* and /rest-api/stream/find*, as WCS clients call them (wcs-rest 2 and 4).
/// The handlers run on the web loop and ask the control loop. All must outlive the router.
void add_call_routes(http::Router& router, EventLoop& control, CallService& calls,
                     PushService& pushes, RecordService& recordings, MediaPlane& media);

}  // namespace sipcast::rest
