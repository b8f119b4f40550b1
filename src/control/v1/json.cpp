#include "control/v1/json.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/json_text.hpp"

namespace sipcast::v1 {
namespace {

namespace json = boost::json;

json::value codec(const std::optional<TrackInfo>& track) {
  return track ? json::value(codec_name(track->codec)) : json::value(nullptr);
}

template <class T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::value ms_or_null(const std::optional<Duration>& duration) {
  return duration ? json::value(to_ms(*duration)) : json::value(nullptr);
}

json::object received(const SourceTrackStats& track, const std::optional<double>& drift_ppm) {
  return {{"packets", track.packets_total},
          {"bytes", track.bytes_total},
          {"packets_lost", track.lost},
          {"packets_reordered", track.reorder.reordered_total},
          {"packets_duplicate", track.reorder.duplicates_total},
          {"packets_late", track.reorder.late_total},
          {"jitter_ms", track.jitter_ms},
          {"drift_ppm", or_null(drift_ppm)},
          {"packets_dropped",
           {{"invalid", track.dropped_invalid_total},
            {"stranger", track.dropped_stranger_total},
            {"payload_type", track.dropped_payload_type_total},
            {"not_authentic", track.dropped_unauthentic_total}}}};
}

json::object sent(const ViewerStats& stats) {
  return {{"packets", stats.packets_total},
          {"bytes", stats.bytes_total},
          {"packets_nacked", stats.nacked_packets_total},
          {"packets_resent", stats.resent_packets_total},
          {"packets_dropped", stats.dropped_packets_total},
          {"keyframe_requests", stats.keyframe_requests_total},
          {"keyframe_skips", stats.keyframe_skips_total},
          {"replays", stats.replays_total}};
}

/// What came in and went out, the same for a stream and its call.
void add_media(json::object& into, const StreamInfo& stream) {
  const VideoNormalizerStats& frames = stream.source.frames;
  into["audio_codec"] = codec(stream.tracks.audio);
  into["video_codec"] = codec(stream.tracks.video);
  into["width"] = stream.size ? json::value(stream.size->width) : json::value(nullptr);
  into["height"] = stream.size ? json::value(stream.size->height) : json::value(nullptr);
  into["viewers"] = stream.viewers;
  into["lip_sync"] = stream.lip_sync;
  into["received"] = {{"audio", received(stream.source.audio, stream.audio_drift_ppm)},
                      {"video", received(stream.source.video, stream.video_drift_ppm)},
                      {"frames", stream.stats.frames_total},
                      {"keyframes", stream.stats.keyframes_total},
                      {"frames_dropped",
                       {{"damaged", frames.frames_dropped_damaged_total},
                        {"invalid", frames.frames_dropped_invalid_total},
                        {"no_parameter_sets", frames.frames_dropped_no_parameter_sets_total}}}};
  into["sent"] = sent(stream.sent);
  into["keyframe_asks"] = stream.keyframes.asks_total;
  into["keyframe_way"] = text_or_null(to_lower(to_string(stream.keyframes.way)));
  into["time_to_keyframe_ms"] = ms_or_null(stream.keyframes.last_time_to_keyframe);
  into["ignores_keyframe_requests"] = stream.keyframes.deaf;
}

json::object startup(const CallTrace& trace) {
  static constexpr std::string_view kNames[] = {
      "invite",    "trying",         "ringing",           "answered",
      "first_rtp", "first_keyframe", "first_viewer_frame"};
  static_assert(std::size(kNames) == kMilestones);
  json::object steps{{"accepted", 0}};
  for (size_t i = 0; i < kMilestones; ++i) {
    const auto& at = trace.reached(static_cast<Milestone>(i));
    steps[kNames[i]] = at ? json::value(to_ms(*at - trace.start())) : json::value(nullptr);
  }
  return steps;
}

std::string_view push_state(PushState state) {
  switch (state) {
    case PushState::Waiting:
      return "waiting";
    case PushState::Connecting:
      return "connecting";
    case PushState::Publishing:
      return "publishing";
    case PushState::Retrying:
      return "retrying";
    case PushState::Ended:
      return "ended";
  }
  std::unreachable();
}

}  // namespace

std::string_view state_of(const StreamInfo& stream, const CallInfo* call) {
  if (stream.state == StreamState::Waiting) return "waiting";
  if (stream.state == StreamState::Ended) return "ended";
  return call && call->status == CallStatus::Hold ? "interrupted" : "live";
}

json::object to_json(const CallInfo& call) {
  const StartCall& asked = call.asked;
  json::value transfer = nullptr, ended = nullptr;
  if (call.transfer) {
    transfer = {{"target", printable(call.transfer->target)},
                {"state", to_lower(call.transfer->status)}};
  }
  if (call.end) ended = {{"reason", to_string(*call.end)}, {"cause", printable(call.cause, 700)}};
  return {{"call_id", asked.id.value},
          {"stream", asked.stream.value},
          {"direction", call.incoming ? "incoming" : "outgoing"},
          {"state", call_state(call.status)},
          {"sip_status", call.sip_status ? json::value(call.sip_status) : json::value(nullptr)},
          {"caller", printable(asked.account.login)},
          {"callee", printable(asked.callee)},
          {"audio", asked.has_audio},
          {"video", asked.has_video},
          {"live", call.live},
          {"started", iso_time(call.created)},
          {"cause", text_or_null(printable(call.cause, 700))},
          {"transfer", std::move(transfer)},
          {"ended", std::move(ended)}};
}

json::object to_json(const CallService::Traced& traced) {
  json::object call = to_json(traced.info);
  call["startup_ms"] = startup(traced.trace);
  json::object media;
  add_media(media, traced.media.stream);
  call["media"] = std::move(media);
  return call;
}

json::object to_json(const StreamInfo& stream, const CallInfo* call) {
  json::object object{{"stream", stream.name},
                      {"call_id", call ? json::value(call->asked.id.value) : json::value(nullptr)},
                      {"state", state_of(stream, call)}};
  add_media(object, stream);
  return object;
}

json::object to_json(const ViewerInfo& viewer) {
  json::object object{
      {"viewer", to_text(viewer.id)},
      {"stream", viewer.stream.value},
      {"state", to_string(viewer.state)},
      {"signalling", to_string(viewer.signalling)},
      {"client", text_or_null(viewer.client.empty() ? "" : viewer.client.to_string())},
      {"media_address", text_or_null(viewer.selected ? viewer.selected->to_string() : "")},
      {"audio_codec", text_or_null(viewer.plays.audio_codec)},
      {"video_codec", text_or_null(viewer.plays.video_codec)},
      {"refused", text_or_null(printable(viewer.plays.refused))},
      {"joined", iso_time(viewer.joined)},
      {"first_frame_after_ms", ms_or_null(viewer.first_frame_after)}};
  object["sent"] = sent(viewer.stats);
  object["fraction_lost"] = viewer.stats.fraction_lost;
  object["remb_bps"] =
      viewer.stats.remb_bps ? json::value(viewer.stats.remb_bps) : json::value(nullptr);
  return object;
}

json::object to_json(const PushInfo& push) {
  return {{"push", push.id},
          {"stream", push.stream.value},
          {"url", printable(push.shown_url)},
          {"state", push_state(push.stats.state)},
          {"cause", text_or_null(printable(push.stats.cause))},
          {"muted", push.muted},
          {"bytes", push.stats.bytes_total},
          {"connections", push.stats.connections_total},
          {"frames", push.stats.queue.frames_total},
          {"frames_dropped", push.stats.queue.dropped_total}};
}

json::object to_json(const RecordingInfo& recording) {
  const RecordingStats& stats = recording.stats;
  return {{"stream", recording.stream.value},
          {"state", !stats.cause.empty() ? "failed"
                    : stats.file.empty() ? "waiting"
                                         : "writing"},
          {"file", text_or_null(printable(stats.file))},
          {"cause", text_or_null(printable(stats.cause))},
          {"bytes", stats.bytes_total},
          {"files", stats.files_total},
          {"length_ms", to_ms(stats.written)},
          {"frames_dropped", stats.queue.dropped_total}};
}

}  // namespace sipcast::v1
