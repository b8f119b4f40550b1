#include "control/rest/stream_routes.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/rest/http_status.hpp"
#include "control/rest/json_fields.hpp"
#include "control/rest/stream_rates.hpp"
#include "sdp/base64.hpp"

namespace sipcast::rest {
namespace {
namespace json = boost::json;

/// What the control loop knows of a stream.
struct Origin {
  std::string call_id, app_key;
  int64_t created_ms = 0;
  bool record = false;
};
using Origins = std::map<std::string, Origin>;

Origins origins_of(const CallService& calls, const RecordService& recordings) {
  Origins origins;
  for (const CallInfo& call : calls.find({})) {
    const auto created =
        std::chrono::duration_cast<std::chrono::milliseconds>(call.created.time_since_epoch());
    // The last one wins: others of this name have ended.
    origins[call.asked.stream.value] = {call.asked.id.value, call.asked.app_key, created.count()};
  }
  for (const RecordingInfo& recording : recordings.list()) {
    const auto found = origins.find(recording.stream.value);
    if (found != origins.end()) found->second.record = true;
  }
  return origins;
}

/// The call behind a stream that a client names by its mediaSessionId or its name.
std::optional<CallId> call_of(const CallService& calls, const std::string& id) {
  const auto stream = calls.stream_of(id);
  if (!stream) return {};
  std::optional<CallId> found;
  for (const CallInfo& call : calls.find({})) {
    if (call.asked.stream == *stream) found = call.asked.id;  // the last one runs
  }
  return found;
}

std::string codec_of_track(const std::optional<TrackInfo>& track) {
  return track ? std::string(codec_name(track->codec)) : "";
}

StreamObject source_object(const StreamInfo& stream, const Origin& origin,
                           const StreamRates::Rates& rates) {
  const SipSourceStats& source = stream.source;
  const uint64_t keyframes = stream.stats.keyframes_total, frames = stream.stats.frames_total;
  return {.app_key = origin.app_key,
          .session_id = {},
          .media_session_id = origin.call_id,
          .name = stream.name,
          .published = true,
          .status = stream.state == StreamState::Live ? "PUBLISHING" : "PENDING",
          .audio_codec = codec_of_track(stream.tracks.audio),
          .video_codec = codec_of_track(stream.tracks.video),
          .media_provider = "Flash",  // as WCS has it for a call by REST
          .record = origin.record,
          .size = stream.size.value_or(VideoSize{}),
          .created_ms = origin.created_ms,
          .metrics = {.video_keyframes = keyframes,
                      .video_other_frames = frames - keyframes,
                      .video_plis = stream.keyframes.asks_total,
                      .video_lost = source.video.reorder.lost_total,
                      .audio_lost = source.audio.reorder.lost_total,
                      .video_bps = rates.video_bps,
                      .audio_bps = rates.audio_bps,
                      .video_fps = rates.video_fps,
                      .gop_frames = keyframes == 0 ? 0.0
                                                   : static_cast<double>(frames) /
                                                         static_cast<double>(keyframes),
                      .video_payload_type = source.video.payload_type,
                      .audio_payload_type = source.audio.payload_type}};
}

/// What we tell beyond WCS.
void add_own_metrics(const StreamInfo& stream, json::object& metrics) {
  const SipSourceStats& source = stream.source;
  const KeyframeBrokerStats& keyframes = stream.keyframes;
  metrics["frames"] = stream.stats.frames_total;
  metrics["framesDroppedDamaged"] = source.frames.frames_dropped_damaged_total;
  metrics["framesDroppedInvalid"] = source.frames.frames_dropped_invalid_total;
  metrics["packetsFromStrangers"] =
      source.video.dropped_stranger_total + source.audio.dropped_stranger_total;
  metrics["keyframeAsks"] = keyframes.asks_total;
  metrics["keyframeWay"] = to_string(keyframes.way);
  metrics["timeToKeyframe"] = to_ms(keyframes.last_time_to_keyframe.value_or(Duration{}));
  metrics["ignoresKeyframeRequests"] = keyframes.deaf;
}

bool matches(const StreamFilter& filter, const StreamObject& stream) {
  return (!filter.media_session_id || *filter.media_session_id == stream.media_session_id) &&
         (!filter.name || *filter.name == stream.name) &&
         (!filter.status || iequals(*filter.status, stream.status)) &&
         (!filter.published || *filter.published == stream.published);
}

class StreamApi {
 public:
  explicit StreamApi(const StreamRoutes& parts) : parts_(parts) {}

  void find(const http::Request& request, const http::Respond& respond);
  void terminate(const http::Request& request, const http::Respond& respond);
  void snapshot(const http::Request& request, const http::Respond& respond);

 private:
  http::Response list(const StreamFilter& filter, const Origins& origins,
                      const std::vector<StreamInfo>& streams);
  const StreamRoutes parts_;
  StreamRates rates_;  // web loop
};

void StreamApi::find(const http::Request& request, const http::Respond& respond) {
  const auto filter = parse_stream_filter(request.body);
  if (!filter) return respond(error_response(filter.error()));
  parts_.control.post([this, filter = *filter, respond] {
    auto origins = origins_of(parts_.calls, parts_.recordings);
    parts_.media.list_streams([this, filter, respond, origins = std::move(origins)](
                                  const std::vector<StreamInfo>& streams) {
      parts_.web.post(
          [this, filter, respond, origins, streams] { respond(list(filter, origins, streams)); });
    });
  });
}

http::Response StreamApi::list(const StreamFilter& filter, const Origins& origins,
                               const std::vector<StreamInfo>& streams) {
  const auto rates = rates_.measure(streams, std::chrono::steady_clock::now());
  const auto of = [](const auto& map, const std::string& name) {
    const auto found = map.find(name);
    return found == map.end() ? decltype(found->second){} : found->second;
  };
  json::array array;
  for (const StreamInfo& stream : streams) {
    const StreamObject object =
        source_object(stream, of(origins, stream.name), of(rates, stream.name));
    if (!matches(filter, object)) continue;
    json::object shown = to_json(object), metrics = metrics_to_json(object);
    add_own_metrics(stream, metrics);
    shown["viewers"] = stream.viewers;
    shown["metrics"] = std::move(metrics);
    array.push_back(std::move(shown));
  }
  for (const StreamObject& object : parts_.sessions.streams()) {
    if (!matches(filter, object)) continue;
    json::object shown = to_json(object);
    shown["metrics"] = metrics_to_json(object);
    array.push_back(std::move(shown));
  }
  if (array.empty()) return error_response({Errc::NotFound, "Stream not found"});
  return http::Response::json(200, json::serialize(array));
}

/// A player is stopped, or the call of a stream is hung up.
void StreamApi::terminate(const http::Request& request, const http::Respond& respond) {
  const auto fields = JsonFields::parse(request.body);
  if (!fields) return respond(error_response(fields.error()));
  const auto id = fields->required_text("mediaSessionId");
  if (!id) return respond(error_response(id.error()));
  if (parts_.sessions.end_stream(*id, "Stopped by rest /terminate")) {
    return respond(http::Response{});
  }
  parts_.control.post([this, id = *id, respond] {
    const auto call = call_of(parts_.calls, id);
    if (!call) return respond(error_response({Errc::NotFound, "Stream not found"}));
    const auto ended = parts_.calls.terminate(*call);
    respond(ended ? http::Response{} : error_response(ended.error()));
  });
}

void StreamApi::snapshot(const http::Request& request, const http::Respond& respond) {
  const auto fields = JsonFields::parse(request.body);
  if (!fields) return respond(error_response(fields.error()));
  auto name = fields->required_text("streamName");
  if (!name) return respond(error_response(name.error()));
  parts_.snapshots.take(StreamName{std::move(*name)}, [respond](const Result<Bytes>& png) {
    if (!png) return respond(error_response(png.error()));
    respond(http::Response::json(
        200, json::serialize(json::object{{"data", sdp::encode_base64(*png)}})));
  });
}

}  // namespace

Result<StreamFilter> parse_stream_filter(std::string_view body) {
  const auto fields = JsonFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  StreamFilter filter;
  for (const auto& [name, into] : {std::pair{"mediaSessionId", &filter.media_session_id},
                                   {"name", &filter.name},
                                   {"status", &filter.status}}) {
    auto value = fields->text(name);
    if (!value) return std::unexpected(value.error());
    *into = std::move(*value);
  }
  // An absent one, null and "" do not filter: true by both defaults means that it was said.
  const auto published = fields->boolean("published", true);
  if (!published) return std::unexpected(published.error());
  if (*published == *fields->boolean("published", false)) filter.published = *published;
  const json::value* display = fields->object().if_contains("display");
  if (display && !display->is_null() && !display->is_array()) {
    return fail(Errc::InvalidArgument, "display: must be a list, like [\"metrics\"]");
  }
  return filter;
}

void add_stream_routes(http::Router& router, const StreamRoutes& parts) {
  const auto api = std::make_shared<StreamApi>(parts);
  const auto add = [&](std::string method, const std::string& path, auto handler) {
    router.add(std::move(method), "/rest-api/stream/" + path,
               [api, handler](const http::Request& request, const http::Respond& respond) {
                 (*api.*handler)(request, respond);
               });
  };
  add("POST", "find", &StreamApi::find);
  for (const char* method : {"GET", "POST"}) add(method, "find_all", &StreamApi::find);
  add("POST", "terminate", &StreamApi::terminate);
  add("POST", "snapshot", &StreamApi::snapshot);
}

}  // namespace sipcast::rest
