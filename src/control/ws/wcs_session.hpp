#pragma once
#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "control/access/play_access.hpp"
#include "control/hooks/hook_service.hpp"
#include "control/media_worker.hpp"
#include "control/rest/stream_object.hpp"
#include "control/snapshot_service.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast::ws {

/// The signalling of the Flashphoner Web SDK on one WebSocket (wcs-websocket): connection,
/// playStream, stopStream, availableStream, snapshot, statistics, keep-alives; and the sockets that
/// its MSE player opens besides, which name a session by its token. On the web loop. What is not
/// served is answered with a reason, or ignored where the SDK expects no answer.
class WcsSessions {
 public:
  struct Options {
    Duration ping_interval = std::chrono::seconds(5);  ///< keep_alive.server_interval
    int probes = 10;             ///< keep_alive.probes: pings without any answer
    size_t max_streams = 64;     ///< played at once in one session
    size_t max_sessions = 8000;  ///< so that HTTP keeps some of its connections
    Duration introduction = std::chrono::seconds(10);  ///< for the first message
  };
  WcsSessions(Options options, EventLoop& web, MediaPlane& media, SnapshotService& snapshots,
              HookService& hooks, PlayAccess& access, Logger log);
  /// For Router::set_websocket.
  std::unique_ptr<http::WsObserver> accept(std::shared_ptr<http::WsConnection> connection);

  /// The established sessions as WCS shows them by REST (wcs-rest 9), without secrets.
  std::vector<boost::json::object> connections() const;
  /// What they play.
  std::vector<rest::StreamObject> streams() const;
  /// Closes a session; false when there is none of this id.
  bool terminate(const std::string& session_id);
  /// STOPPED to who plays under this id; false when nobody does.
  bool end_stream(const std::string& media_session_id, const std::string& info);

 private:
  class Session;
  class Observer;
  /// Every session, by its id. The observers, too, keep it.
  using Sessions = std::map<std::string, std::weak_ptr<Session>>;

  Options options_;
  EventLoop& web_;
  MediaPlane& media_;
  SnapshotService& snapshots_;
  HookService& hooks_;
  PlayAccess& access_;
  Logger log_;
  std::shared_ptr<Sessions> sessions_ = std::make_shared<Sessions>();
};

}  // namespace sipcast::ws
