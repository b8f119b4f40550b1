#include "control/ws/wcs_session.hpp"

#include <boost/json.hpp>
#include <map>

#include "base/random.hpp"
#include "base/text.hpp"
#include "control/ws/played_streams.hpp"

namespace sipcast::ws {
namespace {
namespace json = boost::json;

class Session;
/// Sessions by their token.
using SessionsByToken = std::map<std::string, std::weak_ptr<Session>, std::less<>>;

/// Lives on the web loop; callbacks of media loops come back to it by posting.
class Session {
 public:
  Session(const WcsSessions::Options& options, std::shared_ptr<SessionsByToken> tokens,
          EventLoop& web, MediaPlane& media, std::shared_ptr<http::WsConnection> connection,
          Logger log)
      : options_(options),
        tokens_(std::move(tokens)),
        web_(web),
        media_(media),
        connection_(std::move(connection)),
        log_(std::move(log)),
        streams_(
            std::in_place,
            PlayedStreams::Options{.max_streams = options.max_streams,
                                   .client = connection_->upgrade_request().remote},
            web, media,
            [this](std::string_view message, json::array data) { send(message, std::move(data)); },
            log_) {}

  /// `self` is what outlives posts to other loops.
  void begin(std::weak_ptr<Session> self) {
    self_ = std::move(self);
    schedule_ping();
  }
  void on_text(std::string_view text);
  void on_close();

 private:
  void send(std::string_view message, json::array data) {
    connection_->send(
        json::serialize(json::object{{"message", message}, {"data", std::move(data)}}));
  }
  void schedule_ping();
  void connect(const json::object& client);
  void become_transport(const json::object& request);
  void available(const json::object& request);

  const WcsSessions::Options& options_;
  std::shared_ptr<SessionsByToken> tokens_;
  EventLoop& web_;
  MediaPlane& media_;
  std::shared_ptr<http::WsConnection> connection_;
  Logger log_;
  std::weak_ptr<Session> self_;
  std::string token_;
  std::weak_ptr<Session> carries_for_;  // this is a media socket of that session
  int missed_ = 0;
  EventLoop::Timer ping_timer_;
  std::optional<PlayedStreams> streams_;  // none once the connection is closed
};

void Session::schedule_ping() {
  ping_timer_ = web_.after(options_.ping_interval, [this] {
    if (missed_++ >= options_.probes) {
      log_.info("closed: {} pings were not answered", options_.probes);
      return connection_->close("Terminated by keep-alive");
    }
    send("ping", {nullptr});
    schedule_ping();
  });
}

void Session::on_text(std::string_view text) {
  boost::system::error_code error;
  const json::value document = json::parse(text, error);
  const json::object* envelope = error ? nullptr : document.if_object();
  if (!envelope) return log_.debug("a message that is no JSON object: {}", printable(text, 80));
  missed_ = 0;
  const std::string message = text_of(*envelope, "message");
  static const json::object kNothing;
  const json::object* data = &kNothing;
  if (const json::value* list = envelope->if_contains("data");
      list && list->is_array() && !list->get_array().empty()) {
    if (const json::object* first = list->get_array()[0].if_object()) data = first;
  }
  if (message == "connection") return connect(*data);
  if (message == "ping") return send("pong", {nullptr});
  if (message == "pong" || message == "pushLogs" || message == "submitBugReport" ||
      message == "sendStreamEvent" || message == "hangup") {
    return;
  }
  if (message == "connectMediaTransport") return become_transport(*data);
  if (token_.empty()) return log_.debug("{} before connection: ignored", printable(message, 40));
  if (message == "playStream") return streams_->play(*data);
  if (message == "stopStream") return streams_->stop(*data);
  if (message == "availableStream") return available(*data);
  if (message == "publishStream")
    return streams_->refuse(*data, "Publishing from a browser is not supported by this server");
  if (message == "call") {
    return send("finish", {{{"callId", text_of(*data, "callId")},
                            {"status", "FAILED"},
                            {"info", "Calls from a browser are not supported by this server"}}});
  }
  if (message == "sendData") {
    return send("DataStatusEvent", {{{"operationId", text_of(*data, "operationId")},
                                     {"status", "FAILED"},
                                     {"info", "Not supported by this server"}}});
  }
  if (message == "snapshot") {
    return send("notifyStreamEvent", {{{"mediaSessionId", text_of(*data, "mediaSessionId")},
                                       {"type", "snapshotFailed"},
                                       {"payload", {{"info", "Not supported by this server"}}}}});
  }
  log_.debug("unknown message {}", printable(message, 40));
}

void Session::connect(const json::object& client) {
  if (!token_.empty()) return;
  token_ = random_token(24);
  tokens_->emplace(token_, self_);
  json::object user = client;
  user.erase("sipPassword");
  user.insert_or_assign("authToken", token_);
  user.insert_or_assign("status", "ESTABLISHED");
  user.insert_or_assign("keepAlive", false);
  send("getUserData", {std::move(user)});
  log_.info("session of {} established, app {}", connection_->upgrade_request().remote.to_string(),
            printable(text_of(client, "appKey"), 40));
}

void Session::become_transport(const json::object& request) {
  const auto found = tokens_->find(text_of(request, "authToken"));
  const auto owner = found == tokens_->end() ? nullptr : found->second.lock();
  if (!owner) return connection_->close("connectMediaTransport: no session has this authToken");
  if (!owner->streams_ || !owner->streams_->take_transport(connection_)) {
    return connection_->close("connectMediaTransport: no stream of the session waits for it");
  }
  carries_for_ = owner;
}

void Session::available(const json::object& request) {
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

void Session::on_close() {
  ping_timer_.cancel();
  tokens_->erase(token_);
  const auto owner = carries_for_.lock();
  if (owner && owner->streams_) owner->streams_->transport_closed(connection_.get());
  streams_.reset();
  log_.debug("closed");
}

struct Observer final : http::WsObserver {
  explicit Observer(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  void on_text(std::string_view text) override { session_->on_text(text); }
  void on_close() override { session_->on_close(); }
  std::shared_ptr<Session> session_;
};

}  // namespace

struct WcsSessions::Tokens {
  std::shared_ptr<SessionsByToken> all = std::make_shared<SessionsByToken>();
};

WcsSessions::WcsSessions(Options options, EventLoop& web, MediaPlane& media, Logger log)
    : options_(options),
      web_(web),
      media_(media),
      log_(std::move(log)),
      tokens_(std::make_shared<Tokens>()) {}

std::unique_ptr<http::WsObserver> WcsSessions::accept(
    std::shared_ptr<http::WsConnection> connection) {
  auto session = std::make_shared<Session>(options_, tokens_->all, web_, media_,
                                           std::move(connection), log_.with("ws", random_token(6)));
  session->begin(session);
  return std::make_unique<Observer>(std::move(session));
}

}  // namespace sipcast::ws
