#include <boost/json.hpp>

#include "control/v1/json.hpp"
#include "control/v1/query.hpp"
#include "control/v1/routes.hpp"
#include "control/v1/strict_fields.hpp"

namespace sipcast::v1 {
namespace {

constexpr std::string_view kPushes = "/v1/pushes/", kRecordings = "/v1/recordings/";
constexpr size_t kMaxUrl = 2048;

template <class Info>
http::Response list(const char* name, const std::vector<Info>& all, const http::Request& request) {
  const auto query = Query::parse(request.query, {"stream"});
  if (!query) return refusal(query.error());
  const auto stream = query->text("stream");
  boost::json::array array;
  for (const Info& one : all) {
    if (!stream || *stream == one.stream.value) array.push_back(to_json(one));
  }
  return json_response(200, {{name, std::move(array)}});
}

Result<StartPush> parse_new_push(std::string_view body) {
  auto fields = StrictFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  StartPush push{.stream = StreamName{fields->required_text("stream")},
                 .url = {},
                 .kind = RtmpUrlKind::Full,
                 .asked_url = fields->required_text("url", kMaxUrl)};
  push.muted = fields->boolean("muted", false);
  push.slate = fields->boolean("black_picture", false);
  if (const auto checked = fields->check(); !checked) return std::unexpected(checked.error());
  auto url = parse_rtmp_url(push.asked_url, RtmpUrlKind::Full);
  if (!url) return std::unexpected(url.error());
  push.url = std::move(*url);
  return push;
}

void start_push(const Services& services, const http::Request& request, http::Respond respond) {
  auto push = parse_new_push(request.body);
  if (!push) return respond(refusal(push.error()));
  services.control.post([services, push = std::move(*push), respond = std::move(respond)] {
    if (!services.calls.has_stream(push.stream)) {
      return respond(refusal({Errc::NotFound, "stream: there is no stream of this name"}));
    }
    services.pushes.start(push, [respond](const Result<PushInfo>& started) {
      if (!started) return respond(refusal(started.error()));
      http::Response answer = json_response(201, to_json(*started));
      answer.headers.emplace_back("Location", std::string(kPushes) + started->id);
      respond(std::move(answer));
    });
  });
}

http::Response start_recording(const Services& services, const http::Request& request) {
  auto fields = StrictFields::parse(request.body);
  if (!fields) return refusal(fields.error());
  const StreamName stream{fields->required_text("stream")};
  if (const auto checked = fields->check(); !checked) return refusal(checked.error());
  const auto call = services.calls.call_of(stream);
  if (!call) return refusal({Errc::NotFound, "stream: there is no stream of this name"});
  const auto started =
      services.recordings.start({.stream = stream, .media_session_id = call->value});
  if (!started) return refusal(started.error());
  for (const RecordingInfo& recording : services.recordings.list()) {
    if (recording.stream == stream) return json_response(201, to_json(recording));
  }
  return refusal({Errc::Internal, "the recording is gone"});
}

}  // namespace

void add_output_routes(http::Router& router, const Services& services) {
  EventLoop& control = services.control;
  const auto on_loop = [&](auto use_case) { return on_control(control, use_case); };
  add_methods(router, "/v1/pushes",
              {{"GET", on_loop([services](const http::Request& request) {
                  return list("pushes", services.pushes.list(), request);
                })},
               {"POST", [services](const http::Request& request, http::Respond respond) {
                  start_push(services, request, std::move(respond));
                }}});
  add_methods(router, std::string(kPushes) + "*",
              {{"GET", on_loop([services](const http::Request& request) {
                  for (const PushInfo& push : services.pushes.list()) {
                    if (push.id == below(request, kPushes))
                      return json_response(200, to_json(push));
                  }
                  return refusal({Errc::NotFound, "push: there is no such push"});
                })},
               {"DELETE", on_loop([services](const http::Request& request) {
                  return done(services.pushes.terminate(below(request, kPushes)));
                })}});
  add_methods(router, "/v1/recordings",
              {{"GET", on_loop([services](const http::Request& request) {
                  return list("recordings", services.recordings.list(), request);
                })},
               {"POST", on_loop([services](const http::Request& request) {
                  return start_recording(services, request);
                })}});
  add_methods(
      router, std::string(kRecordings) + "*",
      {{"DELETE", on_loop([services](const http::Request& request) {
          return done(services.recordings.terminate(StreamName{below(request, kRecordings)}));
        })}});
}

}  // namespace sipcast::v1
