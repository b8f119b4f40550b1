#pragma once
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "base/time.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"
#include "net/tls_credentials.hpp"

namespace sipcast::http {

struct ServerOptions {
  size_t max_header_bytes = 16 * 1024;
  size_t max_body_bytes = 64 * 1024;       ///< 413 beyond
  size_t max_ws_frame_bytes = 256 * 1024;  ///< the connection is closed beyond
  size_t max_connections = 10'000;
  Duration request_timeout = std::chrono::seconds(10);  ///< header and body must be there by then
  Duration idle_timeout = std::chrono::seconds(60);     ///< keep-alive between requests
  Duration handler_timeout = std::chrono::seconds(30);
};

/// HTTP/1.1 and WebSocket listeners on the web loop, all serving one router.
class Server {
 public:
  Server(EventLoop& loop, const Router& router, ServerOptions options, Logger log);
  ~Server();  ///< Closes listeners and connections. Not on the loop thread.
  /// Before or after the loop runs. `tls` null: plain. Returns the bound address (port 0 takes a
  /// free one). Errors: Io naming the port.
  Result<SocketAddress> listen(const SocketAddress& local, std::shared_ptr<TlsCredentials> tls);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace sipcast::http
