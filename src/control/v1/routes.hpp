#pragma once
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "control/call_service.hpp"
#include "control/events/event_log.hpp"
#include "control/push_service.hpp"
#include "control/record_service.hpp"
#include "http/http.hpp"

/// The native API: /v1/calls, /v1/streams, /v1/viewers, /v1/pushes, /v1/recordings, /v1/events.
/// What is asked is read on the web loop, decided on the control loop; errors are RFC 9457 problem
/// details with a stable code.
namespace sipcast::v1 {

struct Services {
  EventLoop& control;
  MediaPlane& media;
  CallService& calls;
  PushService& pushes;
  RecordService& recordings;
  EventLog& events;
};

/// Before the server starts; the services outlive the router.
void add_call_routes(http::Router& router, const Services& services);
void add_stream_routes(http::Router& router, const Services& services);
void add_output_routes(http::Router& router, const Services& services);

struct Method {
  std::string_view name;
  http::Handler handler;
};
/// Adds what a path takes; other methods get 405 as a problem.
void add_methods(http::Router& router, const std::string& pattern,
                 std::initializer_list<Method> methods);
/// Runs `use_case` on the control loop and answers with what it gives.
http::Handler on_control(EventLoop& control,
                         std::function<http::Response(const http::Request&)> use_case);
http::Response json_response(int status, const boost::json::object& object);
/// A problem; what the cause calls as WCS does gets our names.
http::Response refusal(const Error& error);
/// 204, or the problem.
http::Response done(const Result<void>& result);
/// The part of a path behind its route's prefix.
std::string below(const http::Request& request, std::string_view prefix);

}  // namespace sipcast::v1
