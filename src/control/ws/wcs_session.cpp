#include "control/ws/wcs_session.hpp"

#include <boost/json.hpp>
#include <map>

#include "base/random.hpp"
#include "base/text.hpp"
#include "control/ws/mse_playback.hpp"
#include "control/ws/session_hooks.hpp"

namespace sipcast::ws {
namespace {
namespace json = boost::json;

constexpr size_t kMaxText = 512;

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return {};
  return std::string(std::string_view(value->get_string()));
}

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// The SDK's word for why a viewer was refused (wcs-websocket 6.4).
std::string info_of(const Error& error) {
  if (error.code == Errc::NotFound) return "Stream not found";
  if (error.code == Errc::NoCommonCodec)
    return "No common codecs";  // pages compare the text; `cause` says more
  if (error.code == Errc::Timeout) return "Publish stream is not ready";
  return error.cause;
}

/// A stream that this session plays, or waits to play.
struct Playing {
  ViewerId viewer;
  StreamName name;
  std::string status = "PENDING";
  std::string audio_codec, video_codec;
  std::string cause;  ///< of a refusal, in plain words
  int64_t created_ms = now_ms();
  uint64_t number = 0;                 ///< in the order of asking
  std::unique_ptr<MsePlayback> mse{};  ///< null: WebRTC
};

class Session;
/// Sessions by their token.
using SessionsByToken = std::map<std::string, std::weak_ptr<Session>, std::less<>>;

/// Lives on the web loop; callbacks of media loops come back to it by posting.
class Session {
 public:
  Session(const WcsSessions::Options& options, std::shared_ptr<SessionsByToken> tokens,
          EventLoop& web, MediaPlane& media, HookService& hooks, PlayAccess& access,
          std::shared_ptr<http::WsConnection> connection, Logger log)
      : options_(options),
        tokens_(std::move(tokens)),
        web_(web),
        media_(media),
        connection_(std::move(connection)),
        log_(std::move(log)),
        hooks_(hooks, access, web, random_token(12)) {}

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
  void establish(json::object user);
  void play(const json::object& request);
  void begin_play(const std::string& id, const json::object& request);
  void play_mse(const std::string& id, const StreamName& name, ViewerId viewer);
  void begin_mse(const std::string& id);
  void mse_tracks(const std::string& id, const TrackList& tracks);
  void become_transport(const json::object& request);
  bool take_transport(std::shared_ptr<http::WsConnection> transport);
  void transport_closed(const http::WsConnection* transport);
  void started(const std::string& id);
  void stream_ended(const std::string& id, EndReason reason);
  void stop(const json::object& request);
  void available(const json::object& request);
  void notify(const std::string& id, const Playing& playing, const std::string& info);
  void refuse(const json::object& request, std::string_view info);
  void finish(const std::string& id, std::string_view status, const std::string& info);
  MediaWorker::ViewerCallbacks callbacks_for(const std::string& id, ViewerId viewer);
  void answered(const std::string& id, const Result<ViewerAccepted>& accepted);

  /// Runs `task(session, playing)` on the web loop if the session and that very viewer are still
  /// there.
  template <class F>
  auto later(std::string id, ViewerId viewer, F task) {
    return [weak = self_, &web = web_, id, viewer, task](auto... arguments) {
      web.post([weak, id, viewer, task, ... arguments = std::move(arguments)] {
        const auto session = weak.lock();
        if (!session) return;
        const auto found = session->playing_.find(id);
        if (found != session->playing_.end() && found->second.viewer == viewer)
          task(*session, id, arguments...);
      });
    };
  }

  const WcsSessions::Options& options_;
  std::shared_ptr<SessionsByToken> tokens_;
  EventLoop& web_;
  MediaPlane& media_;
  std::shared_ptr<http::WsConnection> connection_;
  Logger log_;
  std::weak_ptr<Session> self_;
  std::string token_;
  std::weak_ptr<Session> carries_for_;  // this is a media socket of that session
  uint64_t streams_total_ = 0;
  std::map<std::string, Playing> playing_;  // by mediaSessionId
  int missed_ = 0;
  EventLoop::Timer ping_timer_;
  SessionHooks hooks_;
  bool introduced_ = false;  // its `connection` has come
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
  if (message == "playStream") return play(*data);
  if (message == "stopStream") return stop(*data);
  if (message == "availableStream") return available(*data);
  if (message == "publishStream")
    return refuse(*data, "Publishing from a browser is not supported by this server");
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
  if (std::exchange(introduced_, true)) return;
  hooks_.connect(client, connection_->upgrade_request().header("origin"),
                 [this](const SessionHooks::Welcome& welcome) {
                   if (welcome.allowed) return establish(welcome.client);
                   log_.info("session of {} is refused: {}",
                             connection_->upgrade_request().remote.to_string(), welcome.reason);
                   send("fail", {{{"status", "FAILED"},
                                  {"info", welcome.reason},
                                  {"apiMethod", "ConnectionStatusEvent"}}});
                   connection_->close(welcome.reason);  // the SDK stays CONNECTED otherwise
                 });
}

void Session::establish(json::object user) {
  token_ = random_token(24);
  tokens_->emplace(token_, self_);
  user.insert_or_assign("authToken", token_);
  user.insert_or_assign("status", "ESTABLISHED");
  user.insert_or_assign("keepAlive", false);
  log_.info("session of {} established, app {}", connection_->upgrade_request().remote.to_string(),
            printable(text_of(user, "appKey"), 40));
  send("getUserData", {std::move(user)});
  hooks_.tell_connection("ESTABLISHED");
}

void Session::notify(const std::string& id, const Playing& playing, const std::string& info) {
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
  hooks_.tell_stream(event);
  send("notifyStreamStatusEvent", {std::move(event)});
}

void Session::refuse(const json::object& request, std::string_view info) {
  Playing refused{.viewer = {}, .name = StreamName{text_of(request, "name")}, .status = "FAILED"};
  notify(text_of(request, "mediaSessionId"), refused, printable(info, kMaxText));
}

void Session::play(const json::object& request) {
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
  hooks_.play(request, [this, id, viewer, request](const PlayAccess::Decision& decision) {
    const auto still = playing_.find(id);
    if (still == playing_.end() || still->second.viewer != viewer) return;
    if (!decision.allowed) return finish(id, "FAILED", decision.reason);
    still->second.name = decision.stream;
    begin_play(id, request);
  });
}

void Session::begin_play(const std::string& id, const json::object& request) {
  const StreamName name = playing_.at(id).name;
  const ViewerId viewer = playing_.at(id).viewer;
  const std::string provider = text_of(request, "mediaProvider");
  log_.info("plays {} by {}", printable(name.value, 80), provider);
  if (provider == "MSE") return play_mse(id, name, viewer);
  media_.worker_for(name).add_viewer(
      viewer, name, text_of(request, "sdp"),
      {.client = connection_->upgrade_request().remote,
       .signalling = MediaWorker::Signalling::WebSocket,
       .reach = text_of(request, "transport") == "TCP" ? MediaWorker::Reach::TcpOnly
                                                       : MediaWorker::Reach::Any},
      callbacks_for(id, viewer));
}

MediaWorker::ViewerCallbacks Session::callbacks_for(const std::string& id, ViewerId viewer) {
  return {
      .answered =
          later(id, viewer,
                [](Session& self, const std::string& session,
                   const Result<ViewerAccepted>& accepted) { self.answered(session, accepted); }),
      .playing = later(id, viewer,
                       [](Session& self, const std::string& session) { self.started(session); }),
      .changed = later(id, viewer,
                       [](Session& self, const std::string& session, const ViewerPlays& plays) {
                         Playing& playing = self.playing_.at(session);
                         playing.audio_codec = plays.audio_codec;
                         playing.video_codec = plays.video_codec;
                         playing.cause = plays.refused;
                         self.notify(session, playing, plays.refused);
                       }),
      .failed = later(id, viewer,
                      [](Session& self, const std::string& session, const std::string& info) {
                        const bool left = info == "Closed by peer";
                        self.finish(session, left ? "STOPPED" : "FAILED",
                                    left ? "Stopped by user" : info);
                      }),
      .stream_ended = later(id, viewer,
                            [](Session& self, const std::string& session, EndReason reason) {
                              self.stream_ended(session, reason);
                            }),
  };
}

void Session::started(const std::string& id) {
  Playing& playing = playing_.at(id);
  playing.status = "PLAYING";
  notify(id, playing, "");
}

void Session::stream_ended(const std::string& id, EndReason reason) {
  const bool failed = reason == EndReason::NoMedia;
  finish(id, failed ? "FAILED" : "STOPPED",
         failed ? "Failed by RTP activity" : "Stopped by publisher stop");
}

void Session::play_mse(const std::string& id, const StreamName& name, ViewerId viewer) {
  media_.worker_for(name).has_stream(
      name, later(id, viewer, [](Session& self, const std::string& session, bool is_there) {
        if (is_there) return self.begin_mse(session);
        self.playing_.at(session).cause = "there is no stream of this name";
        self.finish(session, "FAILED", "Stream not found");
      }));
}

void Session::begin_mse(const std::string& id) {
  Playing& playing = playing_.at(id);
  const ViewerId viewer = playing.viewer;
  MseSender::Events events{
      .tracks = later(id, viewer,
                      [](Session& self, const std::string& session, const TrackList& tracks) {
                        self.mse_tracks(session, tracks);
                      }),
      .playing = later(id, viewer,
                       [](Session& self, const std::string& session) { self.started(session); }),
      .ended = later(id, viewer, [](Session& self, const std::string& session, EndReason reason) {
        self.stream_ended(session, reason);
      })};
  const auto failed =
      later(id, viewer, [](Session& self, const std::string& session, const Error& error) {
        self.finish(session, "FAILED", error.cause);
      });
  playing.mse =
      std::make_unique<MsePlayback>(media_, playing.name, viewer.value, std::move(events), failed);
}

void Session::mse_tracks(const std::string& id, const TrackList& tracks) {
  Playing& playing = playing_.at(id);
  if (tracks.video && tracks.video->codec == Codec::Vp8) {
    playing.cause = "MSE carries H.264 and this call's video is VP8: play it by WebRTC";
    return finish(id, "FAILED", "No common codecs");
  }
  if (!playing.audio_codec.empty()) return;  // answered already
  playing.audio_codec = "mpeg4-generic";
  if (tracks.video) playing.video_codec = "H264";
  playing.mse->answered();
  send("setRemoteSDP", {id, mse_answer(tracks)});
}

void Session::become_transport(const json::object& request) {
  const auto found = tokens_->find(text_of(request, "authToken"));
  const auto owner = found == tokens_->end() ? nullptr : found->second.lock();
  if (!owner) return connection_->close("connectMediaTransport: no session has this authToken");
  if (!owner->take_transport(connection_)) {
    return connection_->close("connectMediaTransport: no stream of the session waits for it");
  }
  carries_for_ = owner;
}

/// Nothing in the message says for which stream: the oldest that has been answered.
bool Session::take_transport(std::shared_ptr<http::WsConnection> transport) {
  Playing* oldest = nullptr;
  for (auto& [id, playing] : playing_) {
    if (!playing.mse || !playing.mse->wants_transport()) continue;
    if (!oldest || playing.number < oldest->number) oldest = &playing;
  }
  if (oldest) oldest->mse->connect(std::move(transport));
  return oldest != nullptr;
}

/// The SDK does not notice by itself.
void Session::transport_closed(const http::WsConnection* transport) {
  for (const auto& [id, playing] : playing_) {
    if (!playing.mse || !playing.mse->uses(transport)) continue;
    return finish(std::string(id), "FAILED", "Media transport closed");
  }
}

void Session::answered(const std::string& id, const Result<ViewerAccepted>& accepted) {
  Playing& playing = playing_.at(id);
  if (!accepted) {
    log_.info("{} is not played: {}", printable(playing.name.value, 80),
              printable(accepted.error().cause));
    playing.cause = printable(accepted.error().cause, kMaxText);
    return finish(id, "FAILED", printable(info_of(accepted.error()), kMaxText));
  }
  playing.audio_codec = accepted->audio_codec;
  playing.video_codec = accepted->video_codec;
  send("setRemoteSDP", {id, accepted->sdp});
}

void Session::finish(const std::string& id, std::string_view status, const std::string& info) {
  auto node = playing_.extract(id);
  if (node.empty()) return;
  node.mapped().status = status;
  notify(id, node.mapped(), info);
}

void Session::stop(const json::object& request) {
  hooks_.tell_stop(request);
  const std::string id = text_of(request, "mediaSessionId");
  const auto found = playing_.find(id);
  if (found == playing_.end()) {
    Playing unknown{
        .viewer = {}, .name = StreamName{text_of(request, "name")}, .status = "STOPPED"};
    return notify(id, unknown, "Stopped by user");
  }
  media_.worker_for(found->second.name).remove_viewer(found->second.viewer);
  finish(id, "STOPPED", "Stopped by user");
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
  if (const auto owner = carries_for_.lock()) owner->transport_closed(connection_.get());
  for (const auto& [id, playing] : playing_)
    media_.worker_for(playing.name).remove_viewer(playing.viewer);
  playing_.clear();
  if (!token_.empty()) hooks_.tell_connection("DISCONNECTED");
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

WcsSessions::WcsSessions(Options options, EventLoop& web, MediaPlane& media, HookService& hooks,
                         PlayAccess& access, Logger log)
    : options_(options),
      web_(web),
      media_(media),
      hooks_(hooks),
      access_(access),
      log_(std::move(log)),
      tokens_(std::make_shared<Tokens>()) {}

std::unique_ptr<http::WsObserver> WcsSessions::accept(
    std::shared_ptr<http::WsConnection> connection) {
  auto session = std::make_shared<Session>(options_, tokens_->all, web_, media_, hooks_, access_,
                                           std::move(connection), log_.with("ws", random_token(6)));
  session->begin(session);
  return std::make_unique<Observer>(std::move(session));
}

}  // namespace sipcast::ws
