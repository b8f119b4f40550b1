// The part of PlayedStreams that plays by MSE (wcs-websocket 3.13).
#include <boost/json.hpp>

#include "control/ws/played_streams.hpp"

namespace sipcast::ws {

void PlayedStreams::play_mse(const std::string& id, const StreamName& name, ViewerId viewer) {
  media_.worker_for(name).has_stream(
      name, later(id, viewer, [](PlayedStreams& self, const std::string& session, bool is_there) {
        if (is_there) return self.begin_mse(session);
        self.playing_.at(session).cause = "there is no stream of this name";
        self.finish(session, "FAILED", "Stream not found");
      }));
}

void PlayedStreams::begin_mse(const std::string& id) {
  Playing& playing = playing_.at(id);
  const ViewerId viewer = playing.viewer;
  using Self = PlayedStreams;
  MseSender::Events events{
      .tracks = later(id, viewer,
                      [](Self& self, const std::string& session, const TrackList& tracks) {
                        self.mse_tracks(session, tracks);
                      }),
      .playing =
          later(id, viewer, [](Self& self, const std::string& session) { self.started(session); }),
      .ended = later(id, viewer, [](Self& self, const std::string& session, EndReason reason) {
        self.stream_ended(session, reason);
      })};
  const auto failed =
      later(id, viewer, [](Self& self, const std::string& session, const Error& error) {
        self.finish(session, "FAILED", error.cause);
      });
  playing.mse = std::make_unique<MsePlayback>(media_, playing.stream(), viewer.value,
                                              std::move(events), failed);
}

void PlayedStreams::mse_tracks(const std::string& id, const TrackList& tracks) {
  Playing& playing = playing_.at(id);
  if (tracks.video && tracks.video->codec == Codec::Vp8) {
    playing.cause = "MSE carries H.264 and this call's video is VP8: play it by WebRTC";
    return finish(id, "FAILED", "No common codecs");
  }
  if (!playing.object.audio_codec.empty()) return;  // answered already
  playing.object.audio_codec = "mpeg4-generic";
  if (tracks.video) playing.object.video_codec = "H264";
  playing.mse->answered();
  send_("setRemoteSDP", {id, mse_answer(tracks)});
}

/// Nothing in the message says for which stream: the oldest that has been answered.
bool PlayedStreams::take_transport(std::shared_ptr<http::WsConnection> transport) {
  Playing* oldest = nullptr;
  for (auto& [id, playing] : playing_) {
    if (!playing.mse || !playing.mse->wants_transport()) continue;
    if (!oldest || playing.number < oldest->number) oldest = &playing;
  }
  if (oldest) oldest->mse->connect(std::move(transport));
  return oldest != nullptr;
}

/// The SDK does not notice by itself.
void PlayedStreams::transport_closed(const http::WsConnection* transport) {
  for (const auto& [id, playing] : playing_) {
    if (!playing.mse || !playing.mse->uses(transport)) continue;
    return finish(std::string(id), "FAILED", "Media transport closed");
  }
}

}  // namespace sipcast::ws
