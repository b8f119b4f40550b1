#pragma once
#include <memory>

#include "base/log.hpp"
#include "control/access/play_access.hpp"
#include "control/hooks/hook_service.hpp"
#include "control/media_worker.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast::ws {

/// The signalling of the Flashphoner Web SDK on one WebSocket (wcs-websocket): connection,
/// playStream, stopStream, availableStream, keep-alives; and the sockets that its MSE player opens
/// besides, which name a session by its token. On the web loop. What is not served is
/// answered with a reason, or ignored where the SDK expects no answer.
class WcsSessions {
 public:
  struct Options {
    Duration ping_interval = std::chrono::seconds(5);  ///< keep_alive.server_interval
    int probes = 10;          ///< keep_alive.probes: pings without any answer
    size_t max_streams = 64;  ///< played at once in one session
  };
  WcsSessions(Options options, EventLoop& web, MediaPlane& media, HookService& hooks,
              PlayAccess& access, Logger log);
  /// For Router::set_websocket.
  std::unique_ptr<http::WsObserver> accept(std::shared_ptr<http::WsConnection> connection);

 private:
  Options options_;
  EventLoop& web_;
  MediaPlane& media_;
  HookService& hooks_;
  PlayAccess& access_;
  Logger log_;
  struct Tokens;
  std::shared_ptr<Tokens> tokens_;
};

}  // namespace sipcast::ws
