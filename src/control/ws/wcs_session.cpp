#include "control/ws/wcs_session.hpp"

#include <boost/json.hpp>

#include "base/random.hpp"
#include "base/text.hpp"
#include "control/ws/played_streams.hpp"
#include "control/ws/session_hooks.hpp"
#include "sdp/base64.hpp"

namespace sipcast::ws {
namespace json = boost::json;
namespace {

/// What REST shows of what a client has said of itself; a bound for what is kept.
json::object shown_of(const json::object& client) {
  json::object shown;
  for (const char* name : {"appKey", "clientVersion", "clientOSVersion", "clientBrowserVersion",
                           "sipLogin", "sipAuthenticationName", "sipDomain", "sipOutboundProxy"}) {
    const std::string text = text_of(client, name);
    if (!text.empty()) shown[name] = printable(text, 300);
  }
  return shown;
}

}  // namespace

/// Lives on the web loop; callbacks of other threads come back to it by posting.
class WcsSessions::Session {
 public:
  Session(const WcsSessions& all, std::string id, std::shared_ptr<http::WsConnection> connection,
          Logger log)
      : options_(all.options_),
        sessions_(all.sessions_),
        web_(all.web_),
        media_(all.media_),
        snapshots_(all.snapshots_),
        id_(std::move(id)),
        connection_(std::move(connection)),
        log_(std::move(log)),
        hooks_(all.hooks_, all.access_, web_, id_),
        streams_(
            std::in_place,
            PlayedStreams::Options{.max_streams = options_.max_streams,
                                   .client = connection_->upgrade_request().remote,
                                   .session_id = id_},
            web_, media_, hooks_,
            [this](std::string_view message, json::array data) { send(message, std::move(data)); },
            log_) {}

  /// `self` is what outlives posts to other loops.
  void begin(std::weak_ptr<Session> self) {
    self_ = std::move(self);
    schedule_ping();
    introduction_ = web_.after(options_.introduction,
                               [this] { connection_->close("no connection message came"); });
  }
  void on_text(std::string_view text);
  void on_close();
  void close(std::string reason) { connection_->close(std::move(reason)); }
  bool established() const { return !token_.empty(); }
  json::object description() const;
  PlayedStreams* streams() { return streams_ ? &*streams_ : nullptr; }

 private:
  void send(std::string_view message, json::array data) {
    connection_->send(
        json::serialize(json::object{{"message", message}, {"data", std::move(data)}}));
  }
  void schedule_ping();
  void on_message(std::string_view message, const json::object& data);
  void connect(const json::object& client);
  void refuse(const std::string& reason);
  void establish(json::object user);
  void become_transport(const json::object& request);
  void available(const json::object& request);
  void snapshot(const json::object& request);

  const Options options_;
  const std::shared_ptr<Sessions> sessions_;
  EventLoop& web_;
  MediaPlane& media_;
  SnapshotService& snapshots_;
  const std::string id_;
  const std::shared_ptr<http::WsConnection> connection_;
  const Logger log_;
  const int64_t created_ms_ = wall_ms();
  std::weak_ptr<Session> self_;
  std::string token_;                   // known to its client alone
  json::object shown_;                  // of its client
  std::weak_ptr<Session> carries_for_;  // this is a media socket of that session
  int missed_ = 0;
  EventLoop::Timer ping_timer_, introduction_;
  bool introduced_ = false;  // its `connection` has come
  SessionHooks hooks_;
  std::optional<PlayedStreams> streams_;  // none once the connection is closed
};

void WcsSessions::Session::schedule_ping() {
  ping_timer_ = web_.after(options_.ping_interval, [this] {
    if (missed_++ >= options_.probes) {
      log_.info("closed: {} pings were not answered", options_.probes);
      return connection_->close("Terminated by keep-alive");
    }
    send("ping", {nullptr});
    schedule_ping();
  });
}

void WcsSessions::Session::on_text(std::string_view text) {
  boost::system::error_code error;
  const json::value document = json::parse(text, error);
  const json::object* envelope = error ? nullptr : document.if_object();
  if (!envelope) return log_.debug("a message that is no JSON object: {}", printable(text, 80));
  missed_ = 0;
  static const json::object kNothing;
  const json::object* data = &kNothing;
  if (const json::value* list = envelope->if_contains("data");
      list && list->is_array() && !list->get_array().empty()) {
    if (const json::object* first = list->get_array()[0].if_object()) data = first;
  }
  on_message(text_of(*envelope, "message"), *data);
}

void WcsSessions::Session::on_message(std::string_view message, const json::object& data) {
  if (message == "connection") return connect(data);
  if (message == "ping") return send("pong", {nullptr});
  if (message == "pong" || message == "pushLogs" || message == "submitBugReport" ||
      message == "sendStreamEvent" || message == "hangup") {
    return;
  }
  if (message == "connectMediaTransport") return become_transport(data);
  if (!established()) return log_.debug("{} before connection: ignored", printable(message, 40));
  if (message == "playStream") return streams_->play(data);
  if (message == "stopStream") return streams_->stop(data);
  if (message == "availableStream") return available(data);
  if (message == "snapshot") return snapshot(data);
  if (message == "publishStream")
    return streams_->refuse(data, "Publishing from a browser is not supported by this server");
  if (message == "call") {
    return send("finish", {{{"callId", text_of(data, "callId")},
                            {"status", "FAILED"},
                            {"info", "Calls from a browser are not supported by this server"}}});
  }
  if (message == "sendData") {
    return send("DataStatusEvent", {{{"operationId", text_of(data, "operationId")},
                                     {"status", "FAILED"},
                                     {"info", "Not supported by this server"}}});
  }
  log_.debug("unknown message {}", printable(message, 40));
}

void WcsSessions::Session::connect(const json::object& client) {
  if (std::exchange(introduced_, true)) return;
  introduction_.cancel();
  hooks_.connect(client, connection_->upgrade_request().header("origin"),
                 [this](const SessionHooks::Welcome& welcome) {
                   if (!welcome.allowed) return refuse(welcome.reason);
                   if (streams_) establish(welcome.client);
                 });
}

void WcsSessions::Session::refuse(const std::string& reason) {
  log_.info("session of {} is refused: {}", connection_->upgrade_request().remote.to_string(),
            reason);
  send("fail", {{{"status", "FAILED"}, {"info", reason}, {"apiMethod", "ConnectionStatusEvent"}}});
  connection_->close(reason);  // the SDK would stay CONNECTED otherwise
}

void WcsSessions::Session::establish(json::object user) {
  token_ = random_token(24);
  shown_ = shown_of(user);
  streams_->set_app_key(text_of(user, "appKey"));
  log_.info("session of {} established, app {}", connection_->upgrade_request().remote.to_string(),
            printable(text_of(user, "appKey"), 40));
  user.insert_or_assign("authToken", token_);
  user.insert_or_assign("status", "ESTABLISHED");
  user.insert_or_assign("keepAlive", false);
  send("getUserData", {std::move(user)});
  hooks_.tell_connection("ESTABLISHED");
}

json::object WcsSessions::Session::description() const {
  json::object shown = shown_;
  shown["nodeId"] = nullptr;
  shown["sessionId"] = id_;
  shown["status"] = "ESTABLISHED";
  shown["createDate"] = created_ms_;
  shown["address"] = connection_->upgrade_request().remote.to_string();
  shown["streams"] = streams_ ? streams_->list().size() : 0;
  return shown;
}

void WcsSessions::Session::become_transport(const json::object& request) {
  introduction_.cancel();
  const std::string token = text_of(request, "authToken");
  std::shared_ptr<Session> owner;
  for (const auto& [id, weak] : *sessions_) {
    const auto session = weak.lock();
    if (session && session->established() && session->token_ == token) owner = session;
  }
  if (!owner) return connection_->close("connectMediaTransport: no session has this authToken");
  if (!owner->streams_ || !owner->streams_->take_transport(connection_)) {
    return connection_->close("connectMediaTransport: no stream of the session waits for it");
  }
  carries_for_ = owner;
}

void WcsSessions::Session::available(const json::object& request) {
  const std::string id = text_of(request, "mediaSessionId");
  media_.list_streams([weak = self_, &web = web_, id,
                       name = text_of(request, "name")](const std::vector<StreamInfo>& streams) {
    bool there = false;
    for (const StreamInfo& stream : streams)
      there = there || (stream.name == name && stream.state == StreamState::Live);
    web.post([weak, id, there] {
      const auto session = weak.lock();
      if (!session) return;
      json::object reply{{"id", id},
                         {"status", there ? "true" : "false"}};  // strings: the SDK compares so
      if (!there) reply["info"] = "Stream not found";
      session->send("availableStream", {std::move(reply)});
    });
  });
}

void WcsSessions::Session::snapshot(const json::object& request) {
  const std::string id = text_of(request, "mediaSessionId");
  const auto answer = [weak = self_, &web = web_, id](const Result<Bytes>& png) {
    json::object event{{"mediaSessionId", id},
                       {"type", png ? "snapshotCompleted" : "snapshotFailed"}};
    if (png) {
      event["payload"] = {{"snapshot", sdp::encode_base64(*png)}};
    } else {
      event["payload"] = {{"info", printable(png.error().cause)}};
    }
    web.post([weak, event = std::move(event)] {
      if (const auto session = weak.lock()) session->send("notifyStreamEvent", {event});
    });
  };
  hooks_.look(request, [&snapshots = snapshots_, answer](const PlayAccess::Decision& decision) {
    if (!decision.allowed) return answer(fail(Errc::Forbidden, decision.reason));
    snapshots.take(decision.stream, answer);
  });
}

void WcsSessions::Session::on_close() {
  ping_timer_.cancel();
  introduction_.cancel();
  sessions_->erase(id_);
  const auto owner = carries_for_.lock();
  if (owner && owner->streams_) owner->streams_->transport_closed(connection_.get());
  streams_.reset();
  if (established()) hooks_.tell_connection("DISCONNECTED");
  log_.debug("closed");
}

class WcsSessions::Observer final : public http::WsObserver {
 public:
  explicit Observer(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  void on_text(std::string_view text) override { session_->on_text(text); }
  void on_close() override { session_->on_close(); }

 private:
  std::shared_ptr<Session> session_;
};

WcsSessions::WcsSessions(Options options, EventLoop& web, MediaPlane& media,
                         SnapshotService& snapshots, HookService& hooks, PlayAccess& access,
                         Logger log)
    : options_(options),
      web_(web),
      media_(media),
      snapshots_(snapshots),
      hooks_(hooks),
      access_(access),
      log_(std::move(log)) {}

std::unique_ptr<http::WsObserver> WcsSessions::accept(
    std::shared_ptr<http::WsConnection> connection) {
  if (sessions_->size() >= options_.max_sessions) {
    log_.warning("a WebSocket of {} is refused: there are {} sessions",
                 connection->upgrade_request().remote.to_string(), sessions_->size());
    return nullptr;
  }
  const std::string id = random_token(12);
  auto session =
      std::make_shared<Session>(*this, id, std::move(connection), log_.with("ws", id.substr(0, 6)));
  sessions_->emplace(id, session);
  session->begin(session);
  return std::make_unique<Observer>(std::move(session));
}

std::vector<json::object> WcsSessions::connections() const {
  std::vector<json::object> list;
  for (const auto& [id, weak] : *sessions_) {
    const auto session = weak.lock();
    if (session && session->established()) list.push_back(session->description());
  }
  return list;
}

std::vector<rest::StreamObject> WcsSessions::streams() const {
  std::vector<rest::StreamObject> list;
  for (const auto& [id, weak] : *sessions_) {
    const auto session = weak.lock();
    if (!session || !session->streams()) continue;
    std::ranges::move(session->streams()->list(), std::back_inserter(list));
  }
  return list;
}

bool WcsSessions::terminate(const std::string& session_id) {
  const auto found = sessions_->find(session_id);
  const auto session = found == sessions_->end() ? nullptr : found->second.lock();
  if (!session || !session->established()) return false;
  session->close("Stopped by rest /terminate");
  return true;
}

bool WcsSessions::end_stream(const std::string& media_session_id, const std::string& info) {
  for (const auto& [id, weak] : *sessions_) {
    const auto session = weak.lock();
    if (session && session->streams() && session->streams()->end(media_session_id, info))
      return true;
  }
  return false;
}

}  // namespace sipcast::ws
