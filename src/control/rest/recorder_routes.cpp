#include "control/rest/recorder_routes.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/rest/http_status.hpp"
#include "control/rest/json_fields.hpp"

namespace sipcast::rest {
namespace {

boost::json::object to_object(const RecordingInfo& recording) {
  const RecordingStats& stats = recording.stats;
  const bool failed = !stats.cause.empty();
  return {{"fileName", stats.file},
          {"mediaSessionId", recording.media_session_id},
          {"streamName", recording.stream.value},
          {"status", failed               ? "FAILED"
                     : stats.file.empty() ? "PENDING"
                                          : "RECORDING"},
          {"cause", failed ? boost::json::value(stats.cause) : boost::json::value(nullptr)},
          {"bytes", stats.bytes_total},
          {"files", stats.files_total},
          {"durationMs", to_ms(stats.written)},
          {"framesDropped", stats.queue.dropped_total}};
}

http::Response void_answer(const Result<void>& result) {
  return result ? http::Response{} : error_response(result.error());
}

template <class Parse, class UseCase>
http::Handler asking(EventLoop& control, Parse parse, UseCase use_case) {
  return [&control, parse, use_case](const http::Request& request, http::Respond respond) {
    auto parsed = parse(request.body);
    if (!parsed) return respond(error_response(parsed.error()));
    control.post([parsed = std::move(*parsed), respond = std::move(respond), use_case]() mutable {
      respond(use_case(std::move(parsed)));
    });
  };
}

Result<std::string> parse_id(std::string_view body) {
  const auto fields = JsonFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  return fields->required_text("mediaSessionId");
}

Result<std::optional<std::string>> parse_filter(std::string_view body) {
  const auto fields = JsonFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  return fields->text("mediaSessionId");
}

}  // namespace

Result<StartRecording> parse_start_recording(std::string_view body) {
  const auto fields = JsonFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  auto id = fields->required_text("mediaSessionId");
  if (!id) return std::unexpected(id.error());
  StartRecording command{.media_session_id = std::move(*id)};
  const boost::json::value* config = fields->object().if_contains("config");
  if (!config || config->is_null()) return command;
  if (!config->is_object()) return fail(Errc::InvalidArgument, "config: must be an object");
  const JsonFields wanted(config->get_object());
  auto name = wanted.text("fileTemplate", 200);
  if (!name) return fail(name.error().code, "config." + name.error().cause);
  const auto rotation = wanted.text("rotation");
  if (!rotation) return fail(rotation.error().code, "config." + rotation.error().cause);
  command.name_template = name->value_or("");
  if (*rotation) {
    auto read = parse_rotation(**rotation);
    if (!read || rotation->value().empty()) {
      return fail(Errc::InvalidArgument,
                  "config.rotation: must be a size in megabytes like 20M, or seconds");
    }
    command.rotation = *read;
  }
  return command;
}

void add_recorder_routes(http::Router& router, EventLoop& control, CallService& calls,
                         RecordService& recordings) {
  const auto startup = [&](StartRecording command) {
    const auto stream = calls.stream_of(command.media_session_id);
    if (!stream) return error_response({Errc::NotFound, "mediaSessionId: Stream not found"});
    command.stream = *stream;
    return void_answer(recordings.start(std::move(command)));
  };
  const auto terminate = [&](const std::string& id) {
    const auto stream = calls.stream_of(id);
    return void_answer(recordings.terminate(stream ? *stream : StreamName{id}));
  };
  const auto find = [&](const std::optional<std::string>& id) {
    boost::json::array array;
    for (const RecordingInfo& recording : recordings.list()) {
      if (!id || *id == recording.media_session_id || *id == recording.stream.value) {
        array.push_back(to_object(recording));
      }
    }
    if (array.empty()) return error_response({Errc::NotFound, "Recorder not found"});
    return http::Response::json(200, boost::json::serialize(array));
  };
  for (const char* path : {"/rest-api/recorder/startup", "/rest-api/stream/startRecording"}) {
    router.add("POST", path, asking(control, parse_start_recording, startup));
  }
  for (const char* path : {"/rest-api/recorder/terminate", "/rest-api/stream/stopRecording"}) {
    router.add("POST", path, asking(control, parse_id, terminate));
  }
  for (const char* path : {"/rest-api/recorder/find", "/rest-api/recorder/find_all"}) {
    router.add("POST", path, asking(control, parse_filter, find));
    router.add("GET", path, asking(control, parse_filter, find));
  }
}

}  // namespace sipcast::rest
