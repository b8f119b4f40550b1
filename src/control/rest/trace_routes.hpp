#pragma once
#include "control/call_service.hpp"
#include "http/http.hpp"

namespace sipcast::rest {

/// GET /v1/calls/ID/trace (JSON, or text for "Accept: text/plain"), trace.txt and trace.pcap.
void add_trace_routes(http::Router& router, EventLoop& control, CallService& calls);

}  // namespace sipcast::rest
