#include "control/ws/played_streams.hpp"

#include <boost/json.hpp>

#include "base/random.hpp"
#include "base/text.hpp"

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

}  // namespace

PlayedStreams::PlayedStreams(Options options, EventLoop& web, MediaPlane& media, Send send,
                             Logger log)
    : options_(options), web_(web), media_(media), send_(std::move(send)), log_(std::move(log)) {}

PlayedStreams::~PlayedStreams() {
  for (const auto& [id, playing] : playing_)
    media_.worker_for(playing.name).remove_viewer(playing.viewer);
}

void PlayedStreams::notify(const std::string& id, const Playing& playing, const std::string& info) {
  json::object event{{"mediaSessionId", id},
                     {"name", playing.name.value},
                     {"published", false},
                     {"hasVideo", !playing.video_codec.empty()},
                     {"hasAudio", !playing.audio_codec.empty()},
                     {"status", playing.status},
                     {"mediaProvider", playing.mse ? "MSE" : "WebRTC"},
                     {"mediaType", "play"},
                     {"record", false},
                     {"createDate", playing.created_ms}};
  if (!playing.audio_codec.empty()) event["audioCodec"] = playing.audio_codec;
  if (!playing.video_codec.empty()) event["videoCodec"] = playing.video_codec;
  if (!info.empty()) event["info"] = info;
  if (!playing.cause.empty()) event["cause"] = playing.cause;
  send_("notifyStreamStatusEvent", {std::move(event)});
}

void PlayedStreams::refuse(const json::object& request, std::string_view info) {
  const Playing refused{
      .viewer = {}, .name = StreamName{text_of(request, "name")}, .status = "FAILED"};
  notify(text_of(request, "mediaSessionId"), refused, printable(info, kMaxText));
}

void PlayedStreams::play(const json::object& request) {
  const std::string id = text_of(request, "mediaSessionId");
  const std::string name = text_of(request, "name");
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
  playing_.emplace(
      id,
      Playing{.viewer = viewer, .name = StreamName{name}, .number = ++streams_total_, .mse = {}});
  log_.info("plays {} by {}", printable(name, 80), provider);
  if (provider == "MSE") return play_mse(id, StreamName{name}, viewer);
  media_.worker_for(StreamName{name})
      .add_viewer(viewer, StreamName{name}, text_of(request, "sdp"), options_.client,
                  text_of(request, "transport") == "TCP" ? MediaWorker::Reach::TcpOnly
                                                         : MediaWorker::Reach::Any,
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
    log_.info("{} is not played: {}", printable(playing.name.value, 80),
              printable(accepted.error().cause));
    playing.cause = printable(accepted.error().cause, kMaxText);
    return finish(id, "FAILED", printable(info_of(accepted.error()), kMaxText));
  }
  playing.audio_codec = accepted->audio_codec;
  playing.video_codec = accepted->video_codec;
  send_("setRemoteSDP", {id, accepted->sdp});
}

void PlayedStreams::changed(const std::string& id, const ViewerPlays& plays) {
  Playing& playing = playing_.at(id);
  playing.audio_codec = plays.audio_codec;
  playing.video_codec = plays.video_codec;
  playing.cause = plays.refused;
  notify(id, playing, plays.refused);
}

void PlayedStreams::started(const std::string& id) {
  Playing& playing = playing_.at(id);
  playing.status = "PLAYING";
  notify(id, playing, "");
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
  node.mapped().status = status;
  notify(id, node.mapped(), info);
}

void PlayedStreams::stop(const json::object& request) {
  const std::string id = text_of(request, "mediaSessionId");
  const auto found = playing_.find(id);
  if (found == playing_.end()) {
    const Playing unknown{
        .viewer = {}, .name = StreamName{text_of(request, "name")}, .status = "STOPPED"};
    return notify(id, unknown, "Stopped by user");
  }
  media_.worker_for(found->second.name).remove_viewer(found->second.viewer);
  finish(id, "STOPPED", "Stopped by user");
}

}  // namespace sipcast::ws
