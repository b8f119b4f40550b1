#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/socket_address.hpp"

namespace sipcast {
struct Principal;  // who asks, as the application knows them
}

namespace sipcast::http {

struct Request {
  std::string method;  ///< "GET", "POST", ...
  std::string path;    ///< percent-decoded, no query, no dot segments; starts with '/'
  std::string query;   ///< raw, without '?'
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  SocketAddress remote;
  bool tls = false;
  std::shared_ptr<const Principal> principal;  ///< as the guard says; null: nobody in particular
  /// A header's value, "" when absent. `name` in lower case.
  std::string_view header(const std::string& name) const;
  /// A query parameter, percent-decoded; "" when absent. '+' stays '+': phone numbers begin with
  /// it.
  std::string query_value(std::string_view name) const;
};

/// A body that is made while it is sent, as one of a large file.
struct BodySource {
  /// A body without a known end, as one of events: the connection ends behind it.
  static constexpr uint64_t kOpenEnd = UINT64_MAX;
  uint64_t size = 0;
  /// Calls `done` once, from any thread, with the next piece, one at least until `size` bytes have
  /// come; an empty one says that there is no more, and ends the connection. Never asked for a
  /// piece before the one before it has come.
  std::function<void(std::function<void(std::string)> done)> next;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const BodySource> source = {};  ///< in place of `body`
  /// Of what follows the head.
  uint64_t body_size() const { return source ? source->size : body.size(); }
  bool open_ended() const { return source && source->size == BodySource::kOpenEnd; }
  /// The first header of this name (any case), nullptr when absent.
  const std::string* find_header(std::string_view name) const;
  static Response text(int status, std::string body);
  static Response json(int status, std::string body);
  static Response html(std::string body);
};

/// Answers one request, once, from any thread; later or never (then the server answers 504 after
/// `Options::handler_timeout`). Copyable.
using Respond = std::function<void(Response)>;
using Handler = std::function<void(const Request&, Respond)>;

/// What a guard says of a request: the answer to it, or who asks.
struct Verdict {
  std::optional<Response> refused = {};
  std::shared_ptr<const Principal> principal = {};
};
/// Calls `done` once, at once or later, on the web loop.
using Guard = std::function<void(const Request&, std::function<void(Verdict)> done)>;

/// A WebSocket connection as the application sees it.
class WsConnection {
 public:
  virtual ~WsConnection() = default;
  /// Any thread. Queues one text frame; a reader that lets more than 1 MiB pile up is closed.
  virtual void send(std::string text) = 0;
  virtual void send_binary(std::string bytes) = 0;  ///< The same with a binary frame.
  virtual size_t queued_bytes() const = 0;          ///< Any thread. Not yet taken by the network.
  virtual void close(std::string reason) = 0;       ///< Any thread.
  virtual const Request& upgrade_request() const = 0;
};

/// Called on the web loop. on_close is the last call.
class WsObserver {
 public:
  virtual ~WsObserver() = default;
  virtual void on_text(std::string_view text) = 0;
  virtual void on_close() = 0;
};
/// Makes the observer of a new connection; `connection` may be kept and used until on_close.
using WsAccept = std::function<std::unique_ptr<WsObserver>(std::shared_ptr<WsConnection>)>;

/// What browsers are told about requests from other pages (Fetch standard, CORS protocol). `expose`
/// and `allow_origin` are on every reply, the others on those to OPTIONS.
struct CorsOptions {
  std::string allow_origin = "*";
  std::string allow_headers = "content-type,x-requested-with,authorization,if-match";
  std::string allow_methods = "POST,GET,DELETE,PATCH";
  std::string expose = "Location,ETag,Link";
  /// Whole headers on every reply, before those above: "Access-Control-Allow-Credentials" and what
  /// it wants.
  std::vector<std::pair<std::string, std::string>> more = {};
};

/// Which handler serves which request. Filled before the server starts, then read only.
class Router {
 public:
  /// `pattern`: "/healthz" exactly, or "/whep/*" for everything below. The longest match wins.
  /// Method "*" takes all but OPTIONS. No match: 404; path known with other methods: 405 with
  /// Allow. GET handlers get HEAD requests too (their body is cut off). OPTIONS of any known path
  /// is answered here, with 200, unless a route names that method; its reply gets what browsers ask
  /// for, too.
  void add(std::string method, std::string pattern, Handler handler);
  void set_websocket(WsAccept accept);  ///< Takes every upgrade request, whatever its path.
  void set_cors(CorsOptions cors);
  /// Asked before every handler but those of OPTIONS, and not about WebSockets.
  void set_guard(Guard guard);
  /// Calls the handler, or answers itself. Every reply gets the CORS headers, 500 replaces a
  /// handler's exception.
  void handle(const Request& request, const Respond& respond) const;
  /// Adds what CORS wants on every reply; what is there already stays.
  void add_cors(Response& response) const;
  const WsAccept& websocket() const { return websocket_; }

 private:
  struct Route {
    std::string method;
    std::string pattern;
    Handler handler;
  };
  /// The routes of the best pattern that takes `path`: several when it has several methods.
  std::vector<const Route*> matching(std::string_view path) const;
  static void call(const Route& route, const Request& request, const Respond& answer);
  static void add_preflight(Response& response, const CorsOptions& cors, std::string allow);

  std::vector<Route> routes_;
  /// Shared with answers that may come after this router's end.
  std::shared_ptr<const CorsOptions> cors_ = std::make_shared<CorsOptions>();
  WsAccept websocket_;
  Guard guard_;
};

}  // namespace sipcast::http
