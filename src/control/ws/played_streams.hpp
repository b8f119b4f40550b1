#pragma once
#include <map>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "control/media_worker.hpp"
#include "control/ws/mse_playback.hpp"
#include "control/ws/wire.hpp"
#include "net/event_loop.hpp"

namespace sipcast::ws {

/// What one session plays: asks the media loops, and tells the SDK what becomes of each stream
/// (wcs-websocket 3). On the web loop; callbacks of media loops come back to it by posting.
class PlayedStreams {
 public:
  struct Options {
    size_t max_streams;  ///< at once
    SocketAddress client;
  };
  PlayedStreams(Options options, EventLoop& web, MediaPlane& media, Send send, Logger log);
  ~PlayedStreams();  ///< The viewers leave.
  PlayedStreams(const PlayedStreams&) = delete;

  /// The bodies of playStream and stopStream. Each is answered by a status of its stream.
  void play(const boost::json::object& request);
  void stop(const boost::json::object& request);
  /// Answers a request for a stream with FAILED.
  void refuse(const boost::json::object& request, std::string_view info);

  /// A socket for the MSE stream that has waited longest; false when none waits.
  bool take_transport(std::shared_ptr<http::WsConnection> transport);
  void transport_closed(const http::WsConnection* transport);

 private:
  /// A stream that is played, or waited for.
  struct Playing {
    ViewerId viewer;
    StreamName name;
    std::string status = "PENDING";
    std::string audio_codec{}, video_codec{};
    std::string cause{};  ///< of a refusal, in plain words
    int64_t created_ms = wall_ms();
    uint64_t number = 0;                 ///< in the order of asking
    std::unique_ptr<MsePlayback> mse{};  ///< null: WebRTC
  };

  void play_mse(const std::string& id, const StreamName& name, ViewerId viewer);
  void begin_mse(const std::string& id);
  void mse_tracks(const std::string& id, const TrackList& tracks);
  MediaWorker::ViewerCallbacks callbacks_for(const std::string& id, ViewerId viewer);
  void answered(const std::string& id, const Result<ViewerAccepted>& accepted);
  void changed(const std::string& id, const ViewerPlays& plays);
  void started(const std::string& id);
  void stream_ended(const std::string& id, EndReason reason);
  void finish(const std::string& id, std::string_view status, const std::string& info);
  void notify(const std::string& id, const Playing& playing, const std::string& info);

  /// Runs `task(*this, id, ...)` on the web loop if that very viewer is still there.
  template <class F>
  auto later(std::string id, ViewerId viewer, F task) {
    return [weak = std::weak_ptr(self_), &web = web_, id, viewer, task](auto... arguments) {
      web.post([weak, id, viewer, task, ... arguments = std::move(arguments)] {
        const auto self = weak.lock();
        if (!self) return;
        const auto found = (*self)->playing_.find(id);
        if (found != (*self)->playing_.end() && found->second.viewer == viewer)
          task(**self, id, arguments...);
      });
    };
  }

  const Options options_;
  EventLoop& web_;
  MediaPlane& media_;
  const Send send_;
  const Logger log_;
  uint64_t streams_total_ = 0;
  std::map<std::string, Playing> playing_;  // by mediaSessionId
  std::shared_ptr<PlayedStreams*> self_ = std::make_shared<PlayedStreams*>(this);
};

}  // namespace sipcast::ws
