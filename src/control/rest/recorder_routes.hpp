#pragma once
#include "control/call_service.hpp"
#include "control/record_service.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast::rest {

/// The body of /recorder/startup (wcs-rest 5), its stream not looked up yet. Errors: BadSyntax,
/// InvalidArgument naming the field.
Result<StartRecording> parse_start_recording(std::string_view body);

/// Adds /rest-api/recorder/* and the older /rest-api/stream/startRecording and stopRecording. The
/// handlers run on the web loop and ask the control loop. All must outlive the router.
void add_recorder_routes(http::Router& router, EventLoop& control, CallService& calls,
                         RecordService& recordings);

}  // namespace sipcast::rest
