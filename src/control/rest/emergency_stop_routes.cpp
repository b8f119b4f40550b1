#include "control/rest/emergency_stop_routes.hpp"

#include <boost/json.hpp>

#include "control/access/principal.hpp"

namespace sipcast::rest {
namespace {

http::Response state(const CallService& calls, size_t ended) {
  return http::Response::json(
      200, boost::json::serialize(boost::json::object{
               {"stopped", calls.stopped()}, {"running", calls.running()}, {"ended", ended}}));
}

}  // namespace

void add_emergency_stop_routes(http::Router& router, EventLoop& control, CallService& calls) {
  const auto add = [&](std::string method, auto use_case) {
    router.add(std::move(method), "/v1/emergency-stop",
               [&control, &calls, use_case](const http::Request& request, http::Respond respond) {
                 const std::string asker =
                     request.principal ? request.principal->name : request.remote.to_string();
                 control.post([&calls, asker, respond = std::move(respond), use_case] {
                   respond(use_case(calls, asker));
                 });
               });
  };
  add("GET", [](CallService& all, const std::string&) { return state(all, 0); });
  add("POST", [](CallService& all, const std::string& asker) {
    const size_t ended = all.running();
    all.emergency_stop(asker);
    return state(all, ended);
  });
  add("DELETE", [](CallService& all, const std::string& asker) {
    all.end_emergency_stop(asker);
    return state(all, 0);
  });
}

}  // namespace sipcast::rest
