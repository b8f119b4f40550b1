#include "control/ws/played_streams.hpp"

#include <boost/json.hpp>

#include "base/random.hpp"
#include "base/text.hpp"
#include "control/rest/json_fields.hpp"

namespace sipcast::ws {
namespace {
namespace json = boost::json;

constexpr size_t kMaxText = 512;

/// The SDK's word for why a viewer was refused (wcs-websocket 6.4).
std::string info_of(const Error& error) {
  if (error.code == Errc::NotFound) return "Stream not found";
  if (error.code == Errc::NoCommonCodec)
    return "No common codecs";  // pages compare the text; `cause` says more
  if (error.code == Errc::Timeout) return "Publish stream is not ready";
  return error.cause;
}

/// What WCS would transcode for, and we do not.
std::string remark_on(const json::object& request) {
  const rest::JsonFields fields(request);
  for (const char* name : {"width", "height", "bitrate", "quality"}) {
    const auto asked = fields.number(name, 0, 0, UINT64_MAX);
    if (asked && *asked == 0) continue;
    return "The original is played: this server does not transcode video to another size, bitrate "
           "or quality";
  }
  return {};
}

}  // namespace

PlayedStreams::PlayedStreams(Options options, EventLoop& web, MediaPlane& media,
                             SessionHooks& hooks, Send send, Logger log)
    : options_(std::move(options)),
      web_(web),
      media_(media),
      hooks_(hooks),
      send_(std::move(send)),
      log_(std::move(log)) {}

PlayedStreams::~PlayedStreams() {
  for (const auto& [id, playing] : playing_)
    media_.worker_for(playing.stream()).remove_viewer(playing.viewer);
}

std::vector<rest::StreamObject> PlayedStreams::list() const {
  std::vector<rest::StreamObject> list;
  list.reserve(playing_.size());
  for (const auto& [id, playing] : playing_) list.push_back(playing.object);
  return list;
}

void PlayedStreams::notify(const Playing& playing, const std::string& info) {
  json::object event = rest::to_json(playing.object);
  if (!info.empty()) event["info"] = info;
  if (!playing.cause.empty()) event["cause"] = playing.cause;
  hooks_.tell_stream(event);
  send_("notifyStreamStatusEvent", {std::move(event)});
}

void PlayedStreams::event(const std::string& id, std::string_view type, json::object payload) {
  send_("notifyStreamEvent",
        {json::object{{"mediaSessionId", id}, {"type", type}, {"payload", std::move(payload)}}});
}

PlayedStreams::Playing PlayedStreams::made(const json::object& request) const {
  return {
      .viewer = {},
      .object = {.app_key = app_key_,
                 .session_id = options_.session_id,
                 .media_session_id = text_of(request, "mediaSessionId"),
                 .name = text_of(request, "name"),
                 .status = "PENDING",
                 .audio_codec = {},
                 .video_codec = {},
                 .media_provider = text_of(request, "mediaProvider") == "MSE" ? "MSE" : "WebRTC",
                 .transport = text_of(request, "transport") == "TCP" ? "TCP" : "UDP",
                 .created_ms = wall_ms()}};
}

void PlayedStreams::refuse(const json::object& request, std::string_view info) {
  Playing refused = made(request);
  refused.object.status = "FAILED";
  notify(refused, printable(info, kMaxText));
}

void PlayedStreams::play(const json::object& request) {
  const std::string id = text_of(request, "mediaSessionId");
  if (id.empty()) return refuse(request, "MediaSessionId is null");
  if (playing_.contains(id)) return refuse(request, "MediaSessionId is already in use");
  if (playing_.size() >= options_.max_streams)
    return refuse(request, "This session plays its greatest number of streams");
  const std::string provider = text_of(request, "mediaProvider");
  if (provider != "WebRTC" && provider != "MSE") {
    return refuse(request,
                  "Only WebRTC and MSE are supported: what others take (MPEG-1) is not made here");
  }
  const ViewerId viewer{random_u64()};
  Playing playing = made(request);
  playing.viewer = viewer;
  playing.remark = remark_on(request);
  playing.number = ++streams_total_;
  playing_.emplace(id, std::move(playing));
  hooks_.play(request, [this, weak = std::weak_ptr(self_), id, viewer,
                        request](const PlayAccess::Decision& decision) {
    if (weak.expired()) return;
    const auto still = playing_.find(id);
    if (still == playing_.end() || still->second.viewer != viewer) return;
    if (!decision.allowed) return finish(id, "FAILED", decision.reason);
    still->second.object.name = decision.stream.value;
    begin_play(id, request);
  });
}

void PlayedStreams::begin_play(const std::string& id, const json::object& request) {
  const StreamName name = playing_.at(id).stream();
  const ViewerId viewer = playing_.at(id).viewer;
  const std::string provider = text_of(request, "mediaProvider");
  log_.info("plays {} by {}", printable(name.value, 80), provider);
  if (provider == "MSE") return play_mse(id, name, viewer);
  media_.worker_for(name).add_viewer(
      viewer, name, text_of(request, "sdp"),
      {.client = options_.client,
       .signalling = MediaWorker::Signalling::WebSocket,
       .reach = text_of(request, "transport") == "TCP" ? MediaWorker::Reach::TcpOnly
                                                       : MediaWorker::Reach::Any},
      callbacks_for(id, viewer));
}

MediaWorker::ViewerCallbacks PlayedStreams::callbacks_for(const std::string& id, ViewerId viewer) {
  using Self = PlayedStreams;
  return {
      .answered =
          later(id, viewer,
                [](Self& self, const std::string& session, const Result<ViewerAccepted>& accepted) {
                  self.answered(session, accepted);
                }),
      .playing =
          later(id, viewer, [](Self& self, const std::string& session) { self.started(session); }),
      .changed = later(id, viewer,
                       [](Self& self, const std::string& session, const ViewerPlays& plays) {
                         self.changed(session, plays);
                       }),
      .failed = later(id, viewer,
                      [](Self& self, const std::string& session, const std::string& info) {
                        const bool left = info == "Closed by peer";
                        self.finish(session, left ? "STOPPED" : "FAILED",
                                    left ? "Stopped by user" : info);
                      }),
      .stream_ended = later(id, viewer,
                            [](Self& self, const std::string& session, EndReason reason) {
                              self.stream_ended(session, reason);
                            }),
  };
}

void PlayedStreams::answered(const std::string& id, const Result<ViewerAccepted>& accepted) {
  Playing& playing = playing_.at(id);
  if (!accepted) {
    log_.info("{} is not played: {}", printable(playing.object.name, 80),
              printable(accepted.error().cause));
    playing.cause = printable(accepted.error().cause, kMaxText);
    return finish(id, "FAILED", printable(info_of(accepted.error()), kMaxText));
  }
  playing.object.audio_codec = accepted->audio_codec;
  playing.object.video_codec = accepted->video_codec;
  send_("setRemoteSDP", {id, accepted->sdp});
}

void PlayedStreams::changed(const std::string& id, const ViewerPlays& plays) {
  Playing& playing = playing_.at(id);
  playing.object.audio_codec = plays.audio_codec;
  playing.object.video_codec = plays.video_codec;
  playing.cause = plays.refused;
  notify(playing, plays.refused);
}

void PlayedStreams::started(const std::string& id) {
  Playing& playing = playing_.at(id);
  playing.object.status = "PLAYING";
  notify(playing, playing.remark);
  if (!std::exchange(reporting_, true)) ask_for_reports();
}

void PlayedStreams::stream_ended(const std::string& id, EndReason reason) {
  const bool failed = reason == EndReason::NoMedia;
  finish(id, failed ? "FAILED" : "STOPPED",
         failed ? "Failed by RTP activity" : "Stopped by publisher stop");
}

void PlayedStreams::finish(const std::string& id, std::string_view status,
                           const std::string& info) {
  auto node = playing_.extract(id);
  if (node.empty()) return;
  node.mapped().object.status = status;
  notify(node.mapped(), info);
}

bool PlayedStreams::end(const std::string& media_session_id, const std::string& info) {
  const auto found = playing_.find(media_session_id);
  if (found == playing_.end()) return false;
  media_.worker_for(found->second.stream()).remove_viewer(found->second.viewer);
  finish(media_session_id, "STOPPED", info);
  return true;
}

void PlayedStreams::stop(const json::object& request) {
  hooks_.tell_stop(request);
  if (end(text_of(request, "mediaSessionId"), "Stopped by user")) return;
  Playing unknown = made(request);
  unknown.object.status = "STOPPED";
  notify(unknown, "Stopped by user");
}

}  // namespace sipcast::ws
