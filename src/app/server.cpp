#include "app/server.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <thread>

#include "base/random.hpp"
#include "base/text.hpp"
#include "control/access/access.hpp"
#include "control/access/play_access.hpp"
#include "control/call_service.hpp"
#include "control/events/event_log.hpp"
#include "control/hls_service.hpp"
#include "control/hooks/app_registry.hpp"
#include "control/hooks/app_routes.hpp"
#include "control/hooks/call_hooks.hpp"
#include "control/hooks/hook_service.hpp"
#include "control/pages.hpp"
#include "control/rest/call_routes.hpp"
#include "control/rest/connection_routes.hpp"
#include "control/rest/emergency_stop_routes.hpp"
#include "control/rest/push_routes.hpp"
#include "control/rest/record_file_routes.hpp"
#include "control/rest/recorder_routes.hpp"
#include "control/rest/stat_routes.hpp"
#include "control/rest/stream_routes.hpp"
#include "control/rest/wcs_resources.hpp"
#include "control/v1/event_routes.hpp"
#include "control/v1/server_routes.hpp"
#include "control/whep_routes.hpp"
#include "control/ws/wcs_session.hpp"
#include "http/server.hpp"
#include "http/static_files.hpp"
#include "net/local_ip.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

/// Who has asked for it by REST wants an answer.
constexpr Duration kAfterDrain = 1s;

/// What browsers are told when nothing is configured and we are bound to all addresses: the
/// addresses of the default routes, by asking the routing table for documentation addresses
/// (nothing is sent).
std::vector<SocketAddress> default_ips(const SocketAddress& bind) {
  std::vector<SocketAddress> found;
  for (const char* towards : {"192.0.2.1", "2001:db8::1"}) {
    const auto peer = SocketAddress::parse(towards, 9);
    if (peer->is_v6() && !bind.is_v6()) continue;
    if (const auto local = local_ip_towards(*peer)) found.push_back(*local);
  }
  if (found.empty()) found.push_back(SocketAddress::from_ip_bytes(Bytes{127, 0, 0, 1}, 0));
  return found;
}

Result<std::optional<SocketAddress>> optional_ip(const char* option, const std::string& text) {
  if (text.empty()) return std::optional<SocketAddress>{};
  const auto ip = SocketAddress::parse(text, 0);
  if (!ip) return fail(Errc::InvalidArgument, std::string(option) + ": " + ip.error().cause);
  return std::optional(*ip);
}

std::vector<sip::DigestAlgorithm> algorithms_of(Options::Challenge challenge) {
  using enum sip::DigestAlgorithm;
  switch (challenge) {
    case Options::Challenge::Md5:
      return {Md5};
    case Options::Challenge::Sha256:
      return {Sha256};
    case Options::Challenge::Both:
      return {Sha256, Md5};
  }
  std::unreachable();
}

struct Addresses {
  SocketAddress bind;
  std::optional<SocketAddress> sip;   // told to phones; none: by route
  std::vector<SocketAddress> webrtc;  // told to browsers
};

Result<Addresses> addresses_of(const Options& options) {
  const auto bind = SocketAddress::parse(options.ip_local, 0);
  if (!bind) return fail(Errc::InvalidArgument, "ip_local: " + bind.error().cause);
  const auto ip = optional_ip("ip", options.ip);
  const auto sip = optional_ip("sip.ip", options.sip_ip);
  const auto webrtc = optional_ip("webrtc.ip", options.webrtc_ip);
  for (const auto* checked : {&ip, &sip, &webrtc}) {
    if (!*checked) return std::unexpected(checked->error());
  }
  Addresses addresses{.bind = *bind, .sip = *sip ? *sip : *ip, .webrtc = {}};
  const auto& told = *webrtc ? *webrtc : *ip;
  if (told || !bind->is_any()) {
    addresses.webrtc = {told.value_or(*bind)};
  } else {
    addresses.webrtc = default_ips(*bind);
  }
  return addresses;
}

}  // namespace

/// In the order of making; C++ takes them down in reverse.
struct Server::Parts {
  Logger log = Logger::none();
  std::unique_ptr<DtlsContext> dtls;
  std::unique_ptr<EventLoop> control, web;
  EventLog events;
  ServerCounters counters{events};
  std::unique_ptr<MediaPlane> media;
  std::unique_ptr<Access> access;
  std::unique_ptr<AppRegistry> apps;
  std::unique_ptr<HookService> hooks;
  std::unique_ptr<PlayAccess> play_access;
  std::unique_ptr<SipEndpoint> sip;
  std::unique_ptr<CallService> calls;
  std::unique_ptr<CallHooks> call_hooks;
  std::unique_ptr<PushService> pushes;
  std::unique_ptr<RecordService> recordings;
  std::unique_ptr<HlsService> hls;
  std::unique_ptr<SnapshotService> snapshots;
  std::unique_ptr<EventFeeds> feeds;
  EventLoop::Timer stop_timer;
  std::unique_ptr<ws::WcsSessions> sessions;
  http::Router router;
  std::shared_ptr<TlsCredentials> tls;
  std::unique_ptr<http::Server> http;
  std::vector<std::string> urls;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  // Listeners first; then the control loop's own objects, on no running loop; media last.
  parts_->http.reset();
  parts_->web->stop();
  parts_->control->stop();
}

namespace {

Result<std::unique_ptr<MediaPlane>> start_media(const Options& options, const Addresses& addresses,
                                                const DtlsContext& dtls,
                                                const std::function<void(Event)>& tell,
                                                const Logger& log) {
  const unsigned cores = std::max(2u, std::thread::hardware_concurrency());
  const unsigned loops = options.media_loops ? options.media_loops : cores - 1;
  if (options.media_port_to + 1u < options.media_port_from + 4 * loops) {
    return fail(Errc::InvalidArgument, "media_port_to: too few ports for the media loops");
  }
  const unsigned span = (options.media_port_to - options.media_port_from + 1u) / loops & ~1u;
  SlateSender::Pictures slate;
  if (options.sip_video_slate) {
    auto black = ffmpeg::BlackPictures::make();
    if (!black) return fail(black.error().code, "sip.video_slate: " + black.error().cause);
    slate = std::make_shared<const ffmpeg::BlackPictures>(std::move(*black));
  }
  std::vector<std::unique_ptr<MediaWorker>> workers;
  for (unsigned i = 0; i < loops; ++i) {
    const auto first = static_cast<uint16_t>(options.media_port_from + i * span);
    const auto webrtc_port =
        static_cast<uint16_t>(options.webrtc_port ? options.webrtc_port + i : 0);
    auto worker = MediaWorker::start(
        {.loop = {.name = "media" + std::to_string(i), .gso = options.media_gso},
         .phone_bind = addresses.bind,
         .viewer_bind = addresses.bind.with_port(webrtc_port),
         .viewer_candidates = addresses.webrtc,
         .viewer_tcp = options.webrtc_tcp ? IcePort::Tcp::On : IcePort::Tcp::Off,
         .phone_port_first = first,
         .phone_port_last = static_cast<uint16_t>(first + span - 1),
         .cname = "sipcast",
         .no_media_after = options.call_no_media,
         .slate = slate,
         .outputs = {.frames = {.audio_bitrate_bps = static_cast<int>(options.output_audio_bitrate),
                                .keyframe_every = options.output_keyframe_interval}},
         .tell = tell},
        dtls, log);
    if (!worker) return std::unexpected(worker.error());
    workers.push_back(std::move(*worker));
  }
  return std::make_unique<MediaPlane>(std::move(workers));
}

Result<http::CorsOptions> cors_of(const Options& options) {
  http::CorsOptions cors = options.cors;
  for (const std::string_view header : split(options.cors_headers, ';')) {
    if (trim(header).empty()) continue;
    const auto [name, value] = cut(header, ':');
    if (trim(name).empty() || trim(value).empty()) {
      return fail(Errc::InvalidArgument,
                  "rest_access_control_headers: \"" + printable(trim(header)) +
                      "\" is no header like \"Access-Control-Allow-Credentials: true\"");
    }
    cors.more.emplace_back(trim(name), trim(value));
  }
  return cors;
}

std::function<bool(std::string_view)> redirect_rule(const DialRules& rules, const Logger& log) {
  return [rules, log](std::string_view text) {
    const auto uri = sip::Uri::parse(text);
    if (!uri) return false;
    const auto allowed = rules.check(uri->user, {uri->host});
    if (!allowed) log.warning("a redirect is not followed: {}", allowed.error().cause);
    return allowed.has_value();
  };
}

HookService::Options hook_options(const Options& options, const Addresses& addresses) {
  const Duration timeout = options.rest_request_timeout > 0s ? options.rest_request_timeout : 60s;
  return {.enabled = !options.disable_rest_requests,
          .node_id = random_token(32) + "@" + addresses.webrtc.front().ip(),
          .sender = {.timeout = timeout,
                     .max_open = options.rest_max_connections,
                     .private_targets = options.url_allow_private ? PrivateTargets::Allowed
                                                                  : PrivateTargets::Refused,
                     .client = {.verify_tls = options.hooks_tls_verify,
                                .ca_file = options.hooks_tls_ca}},
          .notices = {}};
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const Options& options, Logger log) {
  const auto addresses = addresses_of(options);
  if (!addresses) return std::unexpected(addresses.error());
  auto parts = std::make_unique<Parts>();
  Parts& p = *parts;
  p.log = log;
  auto dtls = DtlsContext::create();
  if (!dtls) return std::unexpected(dtls.error());
  p.dtls = std::make_unique<DtlsContext>(std::move(*dtls));
  p.control = std::make_unique<EventLoop>("control");
  p.web = std::make_unique<EventLoop>("web");
  auto server = std::unique_ptr<Server>(new Server(std::move(parts)));

  const auto tell = [&p](Event event) {
    p.control->post(
        [&p, event = std::move(event)]() mutable { p.events.publish(std::move(event)); });
  };
  auto media = start_media(options, *addresses, *p.dtls, tell, log);
  if (!media) return std::unexpected(media.error());
  p.media = std::move(*media);
  p.access = std::make_unique<Access>(
      Access::Options{.required = !options.disable_rest_auth,
                      .file = options.auth_file,
                      .throttle = {.max_failures = options.auth_max_failures}},
      *p.web, log);
  if (auto loaded = p.access->load(); !loaded) return std::unexpected(loaded.error());
  p.apps = std::make_unique<AppRegistry>(options.apps_file);
  if (auto loaded = p.apps->load(); !loaded) return std::unexpected(loaded.error());
  auto hooks_dns = DnsClient::create(*p.control, {.servers = options.dns_servers});
  if (!hooks_dns) return std::unexpected(hooks_dns.error());
  p.hooks = std::make_unique<HookService>(hook_options(options, *addresses), *p.control,
                                          std::move(*hooks_dns), *p.apps, log);
  p.play_access = std::make_unique<PlayAccess>(PlayAccess::Options{.rule = options.play_access},
                                               *p.web, *p.access, *p.hooks, log);
  auto dial = DialRules::parse(options.dial_allow, options.dial_deny);
  if (!dial) return std::unexpected(dial.error());
  auto tls =
      TlsCredentials::load(options.tls_cert, options.tls_key, addresses->webrtc.front().ip());
  if (!tls) return std::unexpected(tls.error());
  p.tls = *tls;
  auto tls_client = TlsClient::load({.verify = options.sip_tls_verify,
                                     .ca_file = options.sip_tls_ca,
                                     .cert_file = options.sip_tls_client_cert,
                                     .key_file = options.sip_tls_client_key});
  if (!tls_client) return std::unexpected(tls_client.error());
  if (!options.sip_tls_verify) {
    log.warning("sip.tls.verify is off: whoever stands between us and a SIP server may listen");
  }
  auto sip = SipEndpoint::open(*p.control,
                               {.bind = addresses->bind.with_port(options.sip_port),
                                .tls = {.client = *tls_client,
                                        .server = options.sip_tls_port ? p.tls : nullptr,
                                        .port = options.sip_tls_port},
                                .dns_servers = options.dns_servers,
                                .advertised_ip = addresses->sip,
                                .keep_alive = options.sip_keep_alive,
                                .keep_alive_interval = options.sip_keep_alive_interval,
                                .agent = {.udp_max = options.sip_udp_max,
                                          .session_expires = options.sip_session_expires,
                                          .min_session_expires = options.sip_min_se,
                                          .take_refer = options.sip_refer != Call::ReferPolicy::Off,
                                          .max_redirects = options.sip_max_redirects,
                                          .may_redirect = redirect_rule(*dial, log)},
                                .gate = {.requests_per_second = options.sip_stranger_rate},
                                .dial = *dial},
                               log);
  if (!sip) return std::unexpected(sip.error());
  p.sip = std::move(*sip);
  auto incoming = IncomingRules::parse(options.sip_incoming);
  if (!incoming) return fail(incoming.error().code, "sip.incoming: " + incoming.error().cause);
  auto users = sip::DigestVerifier::parse_users(options.sip_users);
  if (!users) return fail(users.error().code, "sip.users: " + users.error().cause);
  if (incoming->wants_users() && users->empty()) {
    return fail(Errc::InvalidArgument, "sip.incoming: a rule has user=, but sip.users is empty");
  }
  auto devices = parse_device_rules(options.sip_devices, options.device);
  if (!devices) return fail(devices.error().code, "sip.devices: " + devices.error().cause);
  devices->set_dtls_fingerprint(p.dtls->fingerprint());
  p.calls = std::make_unique<CallService>(
      CallService::Options{
          .linger = options.call_linger,
          .no_answer = options.call_no_answer,
          .limits = {.max_duration = options.call_max_duration,
                     .rtp_timeout = options.call_rtp_timeout,
                     .end_without_rtp = options.call_rtp_timeout_ends,
                     .unwatched = options.call_unwatched},
          .incoming = std::move(*incoming),
          .users = std::move(*users),
          .challenge = algorithms_of(options.sip_challenge),
          .refer = options.sip_refer,
          .realm = options.sip_realm,
          .devices = std::move(*devices),
          .trace = {.keep_failed = options.trace_keep_failed,
                    .keep_ended = options.trace_keep_ended,
                    .max_ended = options.trace_max,
                    .on_milestone =
                        [&p](Milestone milestone, Duration since_start) {
                          p.counters.on_milestone(milestone, since_start);
                        }},
          .dial = {.rules = std::move(*dial),
                   .max_calls = options.dial_max_calls,
                   .max_calls_per_hour = options.dial_max_calls_per_hour},
          .on_message = [&p](const TracedMessage& message) { p.counters.on_sip_message(message); }},
      *p.control, *p.sip, *p.media, p.events, log);
  p.call_hooks = std::make_unique<CallHooks>(p.events, *p.calls, *p.hooks, *p.control, log);
  auto dns = DnsClient::create(*p.control, {.servers = options.dns_servers});
  if (!dns) return std::unexpected(dns.error());
  p.pushes = std::make_unique<PushService>(
      PushService::Options{.private_targets = options.url_allow_private ? PrivateTargets::Allowed
                                                                        : PrivateTargets::Refused,
                           .verify_tls = options.push_tls_verify,
                           .ca_file = options.push_tls_ca,
                           .media_dir = options.media_dir,
                           .max_pushes = options.push_max,
                           .audio_bitrate_bps = static_cast<int>(options.output_audio_bitrate)},
      *p.control, *p.media, p.events, std::move(*dns), log);
  const auto rotation = parse_rotation(options.record_rotation);
  if (!rotation) return fail(rotation.error().code, "record.rotation: " + rotation.error().cause);
  p.recordings = std::make_unique<RecordService>(
      RecordService::Options{.directory = options.record_dir,
                             .name_template = options.record_template,
                             .max_recordings = options.record_max,
                             .rotation = *rotation,
                             .mp4_audio = options.record_audio,
                             .progressive = options.record_progressive,
                             .hook_script = options.on_record_hook_script,
                             .every_call = options.sip_record_stream},
      *p.control, *p.media, p.events, log);
  p.hls = std::make_unique<HlsService>(
      HlsService::Options{
          .idle = options.hls_idle, .linger = options.hls_linger, .max_streams = options.hls_max},
      *p.web, *p.media, log);
  if (options.hls_always) {
    p.calls->on_stream_started = [&p](const StreamName& name) { p.hls->keep(name); };
  }
  p.calls->on_stream_ended = [&p](const StreamName& name) {
    p.pushes->on_stream_ended(name);
    p.recordings->on_stream_ended(name);
    p.hls->release(name);
  };
  p.calls->on_hold = [&p](const StreamName& name, bool held) { p.recordings->on_hold(name, held); };
  p.snapshots = std::make_unique<SnapshotService>(*p.media);
  p.calls->on_drained = [&p] {
    p.stop_timer = p.control->after(kAfterDrain, [&p] {
      if (!p.calls->draining() || p.calls->running() > 0) return;
      p.log.info("drained: the last call has ended");
      ::kill(::getpid(), SIGTERM);
    });
  };
  p.feeds = std::make_unique<EventFeeds>(EventFeeds::Options{}, *p.control, p.events);
  p.sessions = std::make_unique<ws::WcsSessions>(
      ws::WcsSessions::Options{.ping_interval = options.keep_alive_interval,
                               .probes = options.keep_alive_probes},
      *p.web, *p.media, *p.snapshots, *p.hooks, *p.play_access, log);

  auto cors = cors_of(options);
  if (!cors) return std::unexpected(cors.error());
  p.router.set_cors(std::move(*cors));
  if (p.access->required()) {
    p.router.set_guard([&p](const http::Request& request, std::function<void(http::Verdict)> done) {
      p.access->check(request, std::move(done));
    });
  }
  p.router.set_websocket([&p](std::shared_ptr<http::WsConnection> connection) {
    return p.sessions->accept(std::move(connection));
  });
  p.router.add("GET", "/healthz", [](const http::Request&, http::Respond respond) {
    respond(http::Response::text(200, "ok\n"));
  });
  rest::add_call_routes(p.router, *p.control, *p.calls, *p.pushes, *p.recordings);
  rest::add_stream_routes(
      p.router, {*p.control, *p.web, *p.calls, *p.recordings, *p.media, *p.sessions, *p.snapshots});
  rest::add_connection_routes(p.router, *p.sessions);
  rest::add_wcs_resource_routes(p.router);
  rest::add_push_routes(p.router, *p.control, *p.calls, *p.pushes);
  rest::add_recorder_routes(p.router, *p.control, *p.calls, *p.recordings);
  rest::add_emergency_stop_routes(p.router, *p.control, *p.calls);
  rest::add_app_routes(p.router, *p.apps);
  const v1::Services services{*p.control, *p.media, *p.calls, *p.pushes, *p.recordings, p.events};
  v1::add_call_routes(p.router, services);
  v1::add_stream_routes(p.router, services);
  v1::add_output_routes(p.router, services);
  v1::add_event_routes(p.router, services, *p.feeds);
  v1::add_server_routes(p.router, services, p.counters, *p.feeds);
  auto ice_servers = parse_ice_servers(options.webrtc_ice_servers);
  if (!ice_servers) {
    return fail(ice_servers.error().code, "webrtc.ice_servers: " + ice_servers.error().cause);
  }
  rest::add_record_file_routes(
      p.router, options.record_dir,
      options.record_download ? rest::RecordDownload::On : rest::RecordDownload::Off);
  add_whep_routes(p.router, *p.media, *p.play_access, std::move(*ice_servers));
  add_page_routes(
      p.router, rest::stat_handler(*p.control, *p.web, *p.calls, *p.pushes, *p.media, *p.sessions));
  add_hls_routes(p.router, *p.hls, *p.play_access);
  if (!options.client_dir.empty()) {
    p.router.add("GET", "/client2/*", http::static_directory(options.client_dir, "/client2/"));
  }

  p.http = std::make_unique<http::Server>(*p.web, p.router, http::ServerOptions{}, log);
  struct Listener {
    uint16_t port;
    const char* scheme;
    bool tls;
  };
  std::vector<Listener> listeners = {
      {options.http_port, "http", false}, {options.https_port, "https", true},
      {options.ws_port, "ws", false},     {options.wss_port, "wss", true},
      {options.hls_port, "http", false},  {options.hls_tls_port, "https", true}};
  if (options.legacy_ports)
    listeners.insert(listeners.end(), {{9091, "http", false}, {8888, "https", true}});
  for (const Listener& listener : listeners) {
    if (listener.port == 0) continue;
    const auto bound =
        p.http->listen(addresses->bind.with_port(listener.port), listener.tls ? p.tls : nullptr);
    if (!bound) return std::unexpected(bound.error());
    p.urls.push_back(fmt::format("{}://{}", listener.scheme,
                                 addresses->webrtc.front().with_port(bound->port()).to_string()));
  }
  const SocketAddress sip_address = p.sip->local_address();
  p.urls.push_back(fmt::format("sip:{}", sip_address.to_string()));
  if (const uint16_t port = p.sip->tls_port()) {
    p.urls.push_back(fmt::format("sips:{}", sip_address.with_port(port).to_string()));
  }
  p.control->start();
  p.web->start();
  return server;
}

std::vector<std::string> Server::urls() const { return parts_->urls; }

void Server::drain() {
  parts_->control->post([this] { parts_->calls->drain(true); });
}

void Server::reload() {
  const auto read_again = [this](std::string_view what, const Result<void>& done) {
    if (done) return parts_->log.info("{} is read again", what);
    parts_->log.error("{} stays as it was: {}", what, done.error().cause);
  };
  read_again("the TLS certificate", parts_->tls->reload());
  read_again("auth.file", parts_->access->load());
  read_again("apps.file", parts_->apps->load());
}

void Server::shutdown(Duration patience) {
  // Polled rather than awaited: the answers come from phones.
  const Instant until = std::chrono::steady_clock::now() + patience;
  bool first = true, idle = false;
  while (!idle && std::chrono::steady_clock::now() < until) {
    auto done = std::make_shared<std::promise<bool>>();
    auto answer = done->get_future();
    parts_->control->post([this, done, first] {
      if (first) parts_->calls->shutdown();
      done->set_value(parts_->calls->idle());
    });
    first = false;
    if (answer.wait_until(until) == std::future_status::ready) idle = answer.get();
    if (!idle) std::this_thread::sleep_for(10ms);
  }
  if (!idle)
    parts_->log.warning("some phones did not answer our BYE within {} ms", to_ms(patience));
}

}  // namespace sipcast
