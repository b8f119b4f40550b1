#include "control/rest/trace_routes.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/rest/problem.hpp"
#include "control/trace/trace_pcap.hpp"
#include "control/trace/trace_text.hpp"

namespace sipcast::rest {
namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "/v1/calls/";

json::object track_to_json(const SourceTrackStats& track) {
  return {{"packets", track.packets_total},
          {"bytes", track.bytes_total},
          {"lost", track.lost},
          {"jitterMs", track.jitter_ms},
          {"reordered", track.reorder.reordered_total},
          {"duplicates", track.reorder.duplicates_total},
          {"droppedFromStrangers", track.dropped_stranger_total},
          {"droppedInvalid", track.dropped_invalid_total},
          {"droppedPayloadType", track.dropped_payload_type_total},
          {"droppedNotAuthentic", track.dropped_unauthentic_total}};
}

json::object media_to_json(const MediaWorker::CallActivity& media) {
  const StreamInfo& stream = media.stream;
  const auto codec = [](const std::optional<TrackInfo>& track) {
    return track ? json::value(codec_name(track->codec)) : json::value(nullptr);
  };
  const auto& latency = stream.keyframes.last_time_to_keyframe;
  return {{"audioCodec", codec(stream.tracks.audio)},
          {"videoCodec", codec(stream.tracks.video)},
          {"audio", track_to_json(stream.source.audio)},
          {"video", track_to_json(stream.source.video)},
          {"frames", stream.stats.frames_total},
          {"keyframes", stream.stats.keyframes_total},
          {"framesDroppedDamaged", stream.source.frames.frames_dropped_damaged_total},
          {"keyframeAsks", stream.keyframes.asks_total},
          {"timeToKeyframeMs", latency ? json::value(to_ms(*latency)) : json::value(nullptr)},
          {"ignoresKeyframeRequests", stream.keyframes.deaf},
          {"viewers", stream.viewers}};
}

json::array messages_to_json(const CallTrace& trace) {
  static constexpr std::string_view kTransports[] = {"UDP", "TCP", "TLS"};
  json::array messages;
  for (const TracedMessage& message : trace.messages()) {
    messages.push_back(
        json::object{{"ms", to_ms(message.at - trace.start())},
                     {"time", iso_time(trace.wall(message.at))},
                     {"sent", message.sent},
                     {"transport", kTransports[static_cast<size_t>(message.transport)]},
                     {"local", message.local.to_string()},
                     {"remote", message.remote.to_string()},
                     {"summary", one_line(message)},
                     {"size", message.size},
                     {"text", printable_lines(message.text)}});
  }
  return messages;
}

json::object startup_to_json(const CallTrace& trace) {
  json::object startup{{"accepted", 0}};
  for (size_t i = 0; i < kMilestones; ++i) {
    const auto milestone = static_cast<Milestone>(i);
    const auto& at = trace.reached(milestone);
    startup[to_string(milestone)] =
        at ? json::value(to_ms(*at - trace.start())) : json::value(nullptr);
  }
  return startup;
}

http::Response trace_as_json(const CallService::Traced& traced) {
  const CallTrace& trace = traced.trace;
  json::array events;
  for (const TracedEvent& event : trace.events()) {
    events.push_back(json::object{{"ms", to_ms(event.at - trace.start())},
                                  {"time", iso_time(trace.wall(event.at))},
                                  {"text", printable(event.text, 700)}});
  }
  const json::object object{{"callId", traced.info.asked.id.value},
                            {"streamName", traced.info.asked.stream.value},
                            {"caller", traced.info.asked.account.login},
                            {"callee", traced.info.asked.callee},
                            {"incoming", traced.info.incoming},
                            {"status", to_string(traced.info.status)},
                            {"sipStatus", traced.info.sip_status},
                            {"cause", printable(traced.info.cause, 700)},
                            {"began", iso_time(trace.wall(trace.start()))},
                            {"startupMs", startup_to_json(trace)},
                            {"media", media_to_json(traced.media)},
                            {"localSdp", printable_lines(last_sdp(trace, true))},
                            {"remoteSdp", printable_lines(last_sdp(trace, false))},
                            {"events", std::move(events)},
                            {"eventsDropped", trace.events_dropped()},
                            {"messages", messages_to_json(trace)},
                            {"messagesDropped", trace.messages_dropped()}};
  return http::Response::json(200, json::serialize(object));
}

http::Response trace_as_text(const CallService::Traced& traced) {
  return http::Response::text(200, to_text(traced.trace, traced.info, traced.media));
}

http::Response trace_as_pcap(const CallService::Traced& traced) {
  return {.status = 200,
          .headers = {{"Content-Type", "application/vnd.tcpdump.pcap"},
                      {"Content-Disposition", "attachment; filename=\"trace.pcap\""}},
          .body = to_pcap(traced.trace)};
}

using Shape = http::Response (*)(const CallService::Traced&);

/// What stands behind the last slash of "/v1/calls/ID/trace"; nullptr for anything else.
Shape shape_of(std::string_view name, std::string_view accept) {
  if (name == "trace.txt") return trace_as_text;
  if (name == "trace.pcap") return trace_as_pcap;
  if (name != "trace") return nullptr;
  return to_lower(accept).starts_with("text/plain") ? trace_as_text : trace_as_json;
}

}  // namespace

bool answer_trace(EventLoop& control, CallService& calls, const http::Request& request,
                  http::Respond respond) {
  const std::string_view path = std::string_view(request.path).substr(kPrefix.size());
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return false;
  const Shape shape = shape_of(path.substr(slash + 1), request.header("accept"));
  if (!shape) return false;
  control.post([&calls, id = CallId{std::string(path.substr(0, slash))}, shape,
                respond = std::move(respond)] {
    calls.trace(id, [shape, respond](const Result<CallService::Traced>& traced) {
      respond(traced ? shape(*traced) : problem(traced.error()));
    });
  });
  return true;
}

}  // namespace sipcast::rest
