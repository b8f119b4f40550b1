#include "control/rest/push_routes.hpp"

#include "control/rest/http_status.hpp"
#include "control/rest/json_fields.hpp"
#include "control/rest/push_request.hpp"

namespace sipcast::rest {
namespace {

/// Parses on the web loop, acts on the control loop; `act` answers itself, now or later.
template <class Parse, class Act>
http::Handler asking(EventLoop& control, Parse parse, Act act) {
  return [&control, parse, act](const http::Request& request, http::Respond respond) {
    auto parsed = parse(request.body);
    if (!parsed) return respond(error_response(parsed.error()));
    control.post([parsed = std::move(*parsed), respond = std::move(respond), act]() mutable {
      act(std::move(parsed), respond);
    });
  };
}

http::Response void_answer(const Result<void>& result) {
  return result ? http::Response{} : error_response(result.error());
}

Result<std::string> parse_id(std::string_view body) {
  const auto fields = JsonFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  return fields->required_text("mediaSessionId");
}

struct SoundOn {
  std::string id, file;
  bool loop = false;
};
Result<SoundOn> parse_sound_on(std::string_view body) {
  const auto fields = JsonFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  auto id = fields->required_text("mediaSessionId");
  if (!id) return std::unexpected(id.error());
  auto file = fields->required_text("soundFile");
  if (!file) return std::unexpected(file.error());
  const auto loop = fields->boolean("loop", false);
  if (!loop) return std::unexpected(loop.error());
  return SoundOn{std::move(*id), std::move(*file), *loop};
}

}  // namespace

void add_push_routes(http::Router& router, EventLoop& control, CallService& calls,
                     PushService& pushes) {
  const auto add = [&](const std::string& method, auto parse, auto act) {
    router.add("POST", "/rest-api/push/" + method, asking(control, parse, act));
  };
  add("startup", parse_start_push, [&](StartPush command, const http::Respond& respond) {
    if (!calls.has_stream(command.stream)) {
      return respond(error_response({Errc::NotFound, "streamName: Stream not found"}));
    }
    pushes.start(std::move(command), [respond](const Result<PushInfo>& push) {
      respond(push ? http::Response::json(200, push_to_json(*push)) : error_response(push.error()));
    });
  });

  const auto list = [&pushes](const PushFilter& filter, const http::Respond& respond) {
    auto found = pushes.list();
    std::erase_if(found, [&](const PushInfo& push) { return !filter.matches(push); });
    respond(found.empty() ? error_response({Errc::NotFound, "Transponder not found"})
                          : http::Response::json(200, pushes_to_json(found)));
  };
  const auto anything = [](std::string_view) { return Result<PushFilter>(PushFilter{}); };
  add("find", parse_push_filter, list);
  add("find_all", anything, list);
  router.add("GET", "/rest-api/push/find_all", asking(control, anything, list));

  const auto add_void = [&](const std::string& method, auto use_case) {
    add(method, parse_id, [use_case](const std::string& id, const http::Respond& respond) {
      respond(void_answer(use_case(id)));
    });
  };
  add_void("terminate", [&pushes](const std::string& id) { return pushes.terminate(id); });
  add_void("mute", [&pushes](const std::string& id) { return pushes.mute(id, true); });
  add_void("unmute", [&pushes](const std::string& id) { return pushes.mute(id, false); });
  add_void("sound_off", [&pushes](const std::string& id) { return pushes.sound_off(id); });
  add("sound_on", parse_sound_on, [&pushes](const SoundOn& asked, const http::Respond& respond) {
    pushes.sound_on(asked.id, asked.file, asked.loop,
                    [respond](const Result<void>& result) { respond(void_answer(result)); });
  });
}

}  // namespace sipcast::rest
