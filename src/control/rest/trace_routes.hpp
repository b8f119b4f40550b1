#pragma once
#include "control/call_service.hpp"
#include "http/http.hpp"

namespace sipcast::rest {

/// GET /v1/calls/ID/trace (JSON, or text for "Accept: text/plain"), trace.txt and trace.pcap.
/// False: the path is none of these, and nothing is answered.
bool answer_trace(EventLoop& control, CallService& calls, const http::Request& request,
                  http::Respond respond);

}  // namespace sipcast::rest
