#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "control/media_worker.hpp"
#include "control/rest/stream_object.hpp"
#include "control/ws/bandwidth_watch.hpp"
#include "control/ws/mse_playback.hpp"
#include "control/ws/session_hooks.hpp"
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
    std::string session_id;
  };
  /// `hooks` decides on each stream, and hears what becomes of it.
  PlayedStreams(Options options, EventLoop& web, MediaPlane& media, SessionHooks& hooks, Send send,
                Logger log);
  ~PlayedStreams();  ///< The viewers leave.
  PlayedStreams(const PlayedStreams&) = delete;

  /// The bodies of playStream and stopStream. Each is answered by a status of its stream.
  void play(const boost::json::object& request);
  void stop(const boost::json::object& request);
  /// Answers a request for a stream with FAILED.
  void refuse(const boost::json::object& request, std::string_view info);
  /// Ends what is played under this id; false when nothing is.
  bool end(const std::string& media_session_id, const std::string& info);

  /// A socket for the MSE stream that has waited longest; false when none waits.
  bool take_transport(std::shared_ptr<http::WsConnection> transport);
  void transport_closed(const http::WsConnection* transport);

  void set_app_key(std::string app_key) { app_key_ = std::move(app_key); }
  std::vector<rest::StreamObject> list() const;

 private:
  /// A stream that is played, or waited for.
  struct Playing {
    ViewerId viewer;
    rest::StreamObject object{};
    std::string cause{};                 ///< of a refusal, in plain words
    std::string remark{};                ///< what was asked for and is not done
    uint64_t number = 0;                 ///< in the order of asking
    std::unique_ptr<MsePlayback> mse{};  ///< null: WebRTC
    BandwidthWatch bandwidth{};
    MediaWorker::ViewerReport last{};  ///< a second ago
    StreamName stream() const { return StreamName{object.name}; }
  };

  Playing made(const boost::json::object& request) const;
  void begin_play(const std::string& id, const boost::json::object& request);
  void play_mse(const std::string& id, const StreamName& name, ViewerId viewer);
  void begin_mse(const std::string& id);
  void mse_tracks(const std::string& id, const TrackList& tracks);
  MediaWorker::ViewerCallbacks callbacks_for(const std::string& id, ViewerId viewer);
  void answered(const std::string& id, const Result<ViewerAccepted>& accepted);
  void changed(const std::string& id, const ViewerPlays& plays);
  void started(const std::string& id);
  void stream_ended(const std::string& id, EndReason reason);
  void finish(const std::string& id, std::string_view status, const std::string& info);
  void notify(const Playing& playing, const std::string& info);
  void event(const std::string& id, std::string_view type, boost::json::object payload);
  void ask_for_reports();
  void on_report(const std::string& id, const MediaWorker::ViewerReport& report);

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
  SessionHooks& hooks_;
  const Send send_;
  const Logger log_;
  std::string app_key_;
  uint64_t streams_total_ = 0;
  std::map<std::string, Playing> playing_;  // by mediaSessionId
  EventLoop::Timer reports_;                // runs while something is played
  bool reporting_ = false;
  std::shared_ptr<PlayedStreams*> self_ = std::make_shared<PlayedStreams*>(this);
};

}  // namespace sipcast::ws
