#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/rest/problem.hpp"
#include "control/rest/trace_routes.hpp"
#include "control/v1/idempotency.hpp"
#include "control/v1/json.hpp"
#include "control/v1/new_call.hpp"
#include "control/v1/query.hpp"
#include "control/v1/routes.hpp"
#include "control/v1/strict_fields.hpp"
#include "http/request_target.hpp"

namespace sipcast::v1 {
namespace {

constexpr std::string_view kPrefix = "/v1/calls/";

http::Response list(const CallService& calls, const http::Request& request) {
  const auto query =
      Query::parse(request.query, {"state", "stream", "callee", "direction", "limit"});
  if (!query) return refusal(query.error());
  const auto state =
      query->word("state", {"new", "preparing", "trying", "ringing", "early_media", "progress",
                            "established", "held", "busy", "finished", "failed"});
  const auto direction = query->word("direction", {"incoming", "outgoing"});
  const auto limit = query->number("limit", 1000, 1, 10'000);
  for (const auto* checked : {&state, &direction}) {
    if (!*checked) return refusal(checked->error());
  }
  if (!limit) return refusal(limit.error());
  const auto stream = query->text("stream"), callee = query->text("callee");
  boost::json::array array;
  for (const CallInfo& call : calls.find({})) {
    if (array.size() == *limit) break;
    if (*state && **state != call_state(call.status)) continue;
    if (*direction && (**direction == "incoming") != call.incoming) continue;
    if (stream && *stream != call.asked.stream.value) continue;
    if (callee && *callee != call.asked.callee) continue;
    array.push_back(to_json(call));
  }
  return json_response(200, {{"calls", std::move(array)}});
}

/// The call as it is now; 404 when it is not there.
http::Response show(const CallService& calls, const CallId& id, int status) {
  const auto found = calls.find({.id = id.value});
  if (found.empty()) return refusal({Errc::NotFound, "call_id: there is no such call"});
  return json_response(status, to_json(found.front()));
}

http::Response start(const Services& services, IdempotencyKeys& keys,
                     const http::Request& request) {
  const std::string key(request.header("idempotency-key"));
  const Instant now = std::chrono::steady_clock::now();
  if (!key.empty()) {
    const auto before = keys.find(key, request.body, now);
    if (!before && before.error().code == Errc::AlreadyExists) {
      return rest::problem(422, "idempotency_key_reused", "Unprocessable Content",
                           before.error().cause);
    }
    if (!before) return refusal(before.error());
    if (*before) return **before;
  }
  auto command = parse_new_call(request.body);
  if (!command) return refusal(command.error());
  command->asked_by = request.principal;
  const StartCall asked = *command;
  const auto started = services.calls.start(std::move(*command));
  if (!started && started.error().code == Errc::Exhausted && !services.calls.draining()) {
    return rest::problem(429, "too_many_calls", "Too Many Requests", started.error().cause);
  }
  if (!started) return refusal(started.error());
  if (const auto recorded = services.recordings.on_call_started(asked); !recorded) {
    (void)services.calls.terminate(*started);
    return refusal(recorded.error());
  }
  http::Response answer = show(services.calls, *started, 201);
  answer.headers.emplace_back("Location", std::string(kPrefix) + http::encode_path(started->value));
  if (!key.empty()) keys.keep(key, request.body, answer, now);
  return answer;
}

void show_in_full(const Services& services, const CallId& id, const http::Respond& respond) {
  services.calls.trace(id, [respond](const Result<CallService::Traced>& traced) {
    respond(traced ? json_response(200, to_json(*traced)) : refusal(traced.error()));
  });
}

Result<void> send_dtmf(CallService& calls, const CallId& id, StrictFields fields) {
  const std::string digits = fields.required_text("digits");
  const auto type = fields.text("type");
  if (auto checked = fields.check(); !checked) return checked;
  const auto parsed = parse_dtmf_type(type.value_or("rfc4733"));
  if (!parsed) return fail(parsed.error().code, "type: rfc4733, info or info_relay");
  return calls.send_dtmf(id, digits, *parsed);
}

Result<void> transfer(CallService& calls, const CallId& id, StrictFields fields) {
  const std::string target = fields.required_text("target");
  if (auto checked = fields.check(); !checked) return checked;
  return calls.transfer(id, target);
}

/// POST /v1/calls/ID/ACTION.
http::Response act(CallService& calls, const http::Request& request) {
  const std::string path = below(request, kPrefix);
  const size_t slash = path.rfind('/');
  const std::string_view action =
      slash == std::string::npos ? "" : std::string_view(path).substr(slash + 1);
  const CallId id{path.substr(0, slash)};
  auto fields = StrictFields::parse(request.body);
  if (!fields) return refusal(fields.error());
  Result<void> result;
  if (action == "hold" || action == "resume") {
    result = fields->check();
    if (result) result = calls.hold(id, action == "hold");
  } else if (action == "dtmf") {
    result = send_dtmf(calls, id, std::move(*fields));
  } else if (action == "transfer") {
    result = transfer(calls, id, std::move(*fields));
  } else {
    result =
        fail(Errc::NotFound,
             "a call is told to hold, resume, dtmf or transfer; there is nothing at this path");
  }
  return result ? show(calls, id, 202) : refusal(result.error());
}

}  // namespace

void add_call_routes(http::Router& router, const Services& services) {
  const auto keys = std::make_shared<IdempotencyKeys>();
  EventLoop& control = services.control;
  add_methods(router, "/v1/calls",
              {{"GET", on_control(control,
                                  [&calls = services.calls](const http::Request& request) {
                                    return list(calls, request);
                                  })},
               {"POST", on_control(control, [services, keys](const http::Request& request) {
                  return start(services, *keys, request);
                })}});
  const http::Handler get = [services](const http::Request& request, http::Respond respond) {
    if (rest::answer_trace(services.control, services.calls, request, respond)) return;
    services.control.post([services, id = CallId{below(request, kPrefix)},
                           respond = std::move(respond)] { show_in_full(services, id, respond); });
  };
  add_methods(
      router, std::string(kPrefix) + "*",
      {{"GET", get},
       {"POST",
        on_control(control, [&calls = services.calls](
                                const http::Request& request) { return act(calls, request); })},
       {"DELETE", on_control(control, [&calls = services.calls](const http::Request& request) {
          return done(calls.terminate(CallId{below(request, kPrefix)}));
        })}});
}

}  // namespace sipcast::v1
