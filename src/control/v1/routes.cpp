#include "control/v1/routes.hpp"

#include <boost/json/serialize.hpp>

#include "control/rest/problem.hpp"

namespace sipcast::v1 {

void add_methods(http::Router& router, const std::string& pattern,
                 std::initializer_list<Method> methods) {
  std::string allow;
  for (const Method& method : methods) {
    allow.append(method.name).append(", ");
    router.add(std::string(method.name), pattern, method.handler);
  }
  allow += "OPTIONS";
  router.add("*", pattern,
             [allow = std::move(allow)](const http::Request& request, http::Respond respond) {
               http::Response refused =
                   rest::problem(405, "method_not_allowed", "Method Not Allowed",
                                 request.path + " takes " + allow);
               refused.headers.emplace_back("Allow", allow);
               respond(std::move(refused));
             });
}

http::Handler on_control(EventLoop& control,
                         std::function<http::Response(const http::Request&)> use_case) {
  const auto shared = std::make_shared<const decltype(use_case)>(std::move(use_case));
  return [&control, shared](const http::Request& request, http::Respond respond) {
    control.post([request, respond = std::move(respond), shared] { respond((*shared)(request)); });
  };
}

http::Response json_response(int status, const boost::json::object& object) {
  return http::Response::json(status, boost::json::serialize(object));
}

http::Response done(const Result<void>& result) {
  return result ? http::Response{.status = 204, .headers = {}, .body = {}}
                : refusal(result.error());
}

http::Response refusal(const Error& error) {
  static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
      {"Call not found", "call_id: there is no such call"},
      {"Transponder not found", "push: there is no such push"},
      {"Recorder not found", "stream: it is not recorded"}};
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"callId: ", "call_id: "},
      {"toStream: ", "stream: "},
      {"streamName: ", "stream: "},
      {"rtmpUrl: ", "url: "},
      {"dtmf: ", "digits: "}};
  for (const auto& [theirs, ours] : kTexts) {
    if (error.cause == theirs) return rest::problem({error.code, std::string(ours)});
  }
  for (const auto& [theirs, ours] : kNames) {
    if (!error.cause.starts_with(theirs)) continue;
    return rest::problem({error.code, std::string(ours) + error.cause.substr(theirs.size())});
  }
  return rest::problem(error);
}

std::string below(const http::Request& request, std::string_view prefix) {
  return request.path.substr(prefix.size());
}

}  // namespace sipcast::v1
