#include "control/rest/call_routes.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/rest/http_status.hpp"
#include "control/rest/json_fields.hpp"
#include "control/rest/push_request.hpp"
#include "control/rest/start_call_request.hpp"

namespace sipcast::rest {
namespace {

/// Runs `use_case` on the control loop and answers with what it gives: a void method's body is
/// empty.
http::Handler on_control(EventLoop& control,
                         std::function<http::Response(const http::Request&)> use_case) {
  return [&control, use_case = std::move(use_case)](const http::Request& request,
                                                    http::Respond respond) {
    control.post(
        [request, respond = std::move(respond), &use_case] { respond(use_case(request)); });
  };
}

http::Response answer(const Result<void>& result) {
  return result ? http::Response{} : error_response(result.error());
}

/// `rtmpUrl` in /call/startup: the call's stream is pushed there as rtmp_ and `rtmpStream`.
void push_too(const StartCall& call, PushService& pushes) {
  auto url = parse_rtmp_url(call.rtmp_url, RtmpUrlKind::App);
  if (!url) return;  // parse_start_call has refused it
  url->key = std::string(kRtmpPrefix) + call.rtmp_stream;
  // A failure shows as rtmpStreamStatus; the call goes on.
  pushes.start({.stream = call.stream, .url = std::move(*url), .asked_url = call.rtmp_url},
               [](const Result<PushInfo>&) {});
}

http::Response list(std::vector<CallInfo> calls, const PushService& pushes) {
  if (calls.empty()) return error_response({Errc::NotFound, "Call not found"});
  const auto running = pushes.list();
  for (CallInfo& call : calls) {
    if (call.asked.rtmp_url.empty()) continue;
    call.rtmp_status = to_string(PushState::Ended);
    for (const PushInfo& push : running) {
      if (push.stream == call.asked.stream && push.asked_url == call.asked.rtmp_url) {
        call.rtmp_status = to_string(push.stats.state);
      }
    }
  }
  return http::Response::json(200, calls_to_json(calls));
}

}  // namespace

void add_call_routes(http::Router& router, EventLoop& control, CallService& calls,
                     PushService& pushes, RecordService& recordings) {
  const auto add = [&](const std::string& path, auto use_case) {
    router.add("POST", "/rest-api/call/" + path, on_control(control, use_case));
  };
  add("startup", [&calls, &pushes, &recordings](const http::Request& request) {
    auto command = parse_start_call(request.body);
    if (!command) return error_response(command.error());
    command->asked_by = request.principal;
    const StartCall asked = *command;
    const auto started = calls.start(std::move(*command));
    if (!started) {
      const Errc code = started.error().code;
      return error_response(started.error(),
                            calls.draining() ? http_status(code) : start_call_status(code));
    }
    if (!asked.rtmp_url.empty()) push_too(asked, pushes);
    return answer(recordings.on_call_started(asked));
  });
  add("find", [&calls, &pushes](const http::Request& request) {
    const auto filter = parse_call_filter(request.body);
    return filter ? list(calls.find(*filter), pushes) : error_response(filter.error());
  });
  const auto add_for_call = [&](const std::string& path, auto use_case) {
    add(path, [use_case](const http::Request& request) {
      const auto fields = JsonFields::parse(request.body);
      if (!fields) return error_response(fields.error());
      auto id = fields->required_text("callId");
      return id ? use_case(CallId{std::move(*id)}, *fields) : error_response(id.error());
    });
  };
  add_for_call("terminate", [&calls](const CallId& id, const JsonFields&) {
    return answer(calls.terminate(id));
  });
  add_for_call("transfer", [&calls](const CallId& id, const JsonFields& fields) {
    const auto target = fields.required_text("target");
    return target ? answer(calls.transfer(id, *target)) : error_response(target.error());
  });
  add_for_call("send_dtmf", [&calls](const CallId& id, const JsonFields& fields) {
    const auto digits = fields.required_text("dtmf");
    if (!digits) return error_response(digits.error());
    const auto type = fields.text("type");
    if (!type) return error_response(type.error());
    const auto parsed = parse_dtmf_type(type->value_or("RFC2833"));
    return parsed ? answer(calls.send_dtmf(id, *digits, *parsed)) : error_response(parsed.error());
  });
  for (const bool wanted : {true, false}) {
    add_for_call(wanted ? "hold" : "unhold", [&calls, wanted](const CallId& id, const JsonFields&) {
      return answer(calls.hold(id, wanted));
    });
  }
  const auto find_all = [&calls, &pushes](const http::Request&) {
    return list(calls.find({}), pushes);
  };
  add("find_all", find_all);
  router.add("GET", "/rest-api/call/find_all", on_control(control, find_all));
}

}  // namespace sipcast::rest
