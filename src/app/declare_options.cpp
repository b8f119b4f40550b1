#include "app/declare_options.hpp"

#include <cstdio>

#include "config/config_loader.hpp"
#include "config/option_docs.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

constexpr char kUsage[] =
    "sipcast [--config FILE] [--option=value ...] | sipcast phone --help | sipcast options | "
    "sipcast "
    "resources";

void print(FILE* out, const std::string& text) { std::fputs(text.c_str(), out); }

}  // namespace

void declare_options(config::OptionTable& table, Options& o) {
  table.add("ip_local", o.ip_local,
            {.help = "IP address that all listeners are bound to; 0.0.0.0 for all."});
  table.add("ip", o.ip, {.help = "IP address that phones and browsers are told; empty: by route."});
  table.add("sip.ip", o.sip_ip,
            {.help = "IP address that phones and PBXs are told, where it differs from `ip`."});
  table.add("webrtc.ip", o.webrtc_ip,
            {.help = "IP address that browsers are told, where it differs from `ip`."});
  table.add("http.port", o.http_port,
            {.help = "HTTP: REST, WHEP, pages, WebSocket; 0 turns it off."});
  table.add("https.port", o.https_port, {.help = "HTTPS: the same over TLS; 0 turns it off."});
  table.add(
      "ws.port", o.ws_port,
      {.help = "WebSocket of the Flashphoner Web SDK (serves all of HTTP, too); 0 turns it off."});
  table.add("wss.port", o.wss_port, {.help = "The same over TLS; 0 turns it off."});
  table.add("legacy.ports", o.legacy_ports,
            {.help = "Also listen on 9091 (HTTP) and 8888 (HTTPS), as older WCS manuals say."});
  table.add("sip.port", o.sip_port, {.help = "SIP over UDP and TCP; 0 takes a free port."});
  table.add(
      "sip.udp_max", o.sip_udp_max,
      {.range = {500, 65000},
       .unit = "bytes",
       .help = "Larger SIP requests go over TCP, and over UDP after all to a peer that refuses "
               "it or is silent for 2 s."});
  table.add("sip.tls.port", o.sip_tls_port,
            {.help = "SIP over TLS, with the pair of tls.cert and tls.key; 0 turns it off."});
  table.add("sip.tls.verify", o.sip_tls_verify,
            {.help = "Check certificate and name of the SIP servers that we call over TLS."});
  table.add("sip.tls.ca", o.sip_tls_ca,
            {.help = "PEM file with the authorities that may sign the certificates of SIP servers; "
                     "empty: those of the system."});
  table.add("sip.tls.client_cert", o.sip_tls_client_cert,
            {.help = "PEM file with our certificate for SIP servers that ask for one."});
  table.add("sip.tls.client_key", o.sip_tls_client_key, {.help = "PEM file with its key."});
  table.add(
      "sip.srtp", o.sip_srtp,
      {{"off", sdp::SrtpMode::Off},
       {"optional", sdp::SrtpMode::Optional},
       {"required", sdp::SrtpMode::Required},
       {"dtls", sdp::SrtpMode::Dtls}},
      {.help = "SRTP with phones. `optional` and `required` offer it with its keys in the SDP "
               "(RFC 4568), beside plain RTP or alone, and take DTLS-SRTP (RFC 5763) when a phone "
               "offers it; `dtls` offers and takes DTLS-SRTP alone. Use it with SIP over TLS: who "
               "reads the SDP has the keys, who changes it has the call."});
  table.add(
      "sip.direction", o.sip_direction,
      {{"sendrecv", sdp::Direction::SendRecv}, {"recvonly", sdp::Direction::RecvOnly}},
      {.help = "What phones are offered. With `recvonly` they get no silence, and their ports "
               "are kept open by STUN; some PBXs refuse it."});
  table.add("sip.h264_mode", o.sip_h264_mode,
            {{"both", H264Mode::Both}, {"0", H264Mode::Single}, {"1", H264Mode::NonInterleaved}},
            {.help = "packetization-mode of H.264 that phones are offered, for devices that "
                     "stumble over two."});
  table.add(
      "sip.h264_profile", o.sip_h264_profile,
      {{"constrained-baseline", H264Profile::ConstrainedBaseline},
       {"baseline", H264Profile::Baseline},
       {"main", H264Profile::Main},
       {"high", H264Profile::High}},
      {.help = "H.264 profile that phones are offered; not every browser shows the last two."});
  table.add("sip.h264_level", o.sip_h264_level,
            {.range = {10, 62}, .help = "H.264 level that phones are offered, 31 is 3.1."});
  table.add("sip.h264_max_fs", o.sip_h264_max_fs,
            {.range = {0, 139264},
             .unit = "macroblocks",
             .help = "max-fs in the fmtp of H.264, where a device wants to read it; 0: not said."});
  table.add("sip.h264_max_mbps", o.sip_h264_max_mbps,
            {.range = {0, 16711680},
             .unit = "macroblocks/s",
             .help = "max-mbps in the fmtp of H.264; 0: not said."});
  table.add("sip.h264_max_br", o.sip_h264_max_br,
            {.range = {0, 800000},
             .unit = "kbit/s",
             .help = "max-br in the fmtp of H.264; 0: not said."});
  table.add("sip.video_width", o.sip_video_width,
            {.range = {0, 8192},
             .unit = "pixels",
             .help = "Width of the picture that phones are asked for by imageattr (RFC 6236), "
                     "together with the height; 0: not said."});
  table.add("sip.video_height", o.sip_video_height,
            {.range = {0, 8192}, .unit = "pixels", .help = "Its height."});
  table.add("sip.video_bandwidth", o.sip_video_bandwidth,
            {.range = {0, 1000000},
             .unit = "kbit/s",
             .help = "b=AS and b=TIAS of the video that phones are asked for; 0: not said."});
  table.add("dns.servers", o.dns_servers,
            {.help = "Name servers for the hosts of SIP, ip or ip:port with commas between; empty: "
                     "those of the system."});
  table.add(
      "sip.keep_alive", o.sip_keep_alive,
      {{"off", KeepAlive::Off}, {"crlf", KeepAlive::Crlf}, {"stun", KeepAlive::Stun}},
      {.help = "What is sent to the registrars of our accounts over UDP, so that a NAT of ours "
               "lets their calls in; `stun` (RFC 5626) for those that answer it."});
  table.add("sip.keep_alive_interval", o.sip_keep_alive_interval,
            {.range = {100ms, 1h}, .help = "Time between two of them."});
  table.add("sip.realm", o.sip_realm,
            {.help = "The only digest realm that is answered; empty: the first that challenges."});
  table.add("sip.session_expires", o.sip_session_expires,
            {.range = {0s, 24h},
             .help = "Session timer (RFC 4028) that calls ask for, so that a phone that is gone is "
                     "noticed; 0: none."});
  table.add("sip.min_se", o.sip_min_se,
            {.range = {1s, 24h},
             .help = "The shortest session timer that a phone may ask for; shorter ones get 422."});
  table.add("sip.max_redirects", o.sip_max_redirects,
            {.range = {0, 20},
             .help = "How many redirects (SIP 3xx) a call follows; 0: a redirect ends the call."});
  table.add("sip.incoming", o.sip_incoming,
            {.help = "Who may call this server, and which stream that becomes: rules as in "
                     "docs/sip.md; empty: everyone is refused."});
  table.add("sip.users", o.sip_users,
            {.secret = true,
             .help = "Who callers may prove to be by digest, for rules with user=: name:password "
                     "with commas between."});
  table.add(
      "sip.challenge", o.sip_challenge,
      {{"md5", Options::Challenge::Md5},
       {"sha256", Options::Challenge::Sha256},
       {"both", Options::Challenge::Both}},
      {.help = "Digest algorithms that callers are challenged with. Older phones give up when "
               "they see SHA-256, even beside MD5."});
  table.add(
      "sip.refer", o.sip_refer,
      {{"off", Call::ReferPolicy::Off},
       {"called", Call::ReferPolicy::Called},
       {"all", Call::ReferPolicy::All}},
      {.help = "Whose REFER is followed, so that the stream goes on with another phone: of phones "
               "that we have `called`, or of `all`, also of those that call us."});
  table.add("sip.stranger_rate", o.sip_stranger_rate,
            {.range = {0, 10000},
             .help = "SIP requests a second that an address may send which we never called; more "
                     "get no answer; 0: no limit."});
  table.add("media_port_from", o.media_port_from,
            {.range = {1024, 65534}, .help = "First UDP port for the media of phones."});
  table.add("media_port_to", o.media_port_to,
            {.range = {1025, 65535}, .help = "Last UDP port for the media of phones."});
  table.add("webrtc.port", o.webrtc_port,
            {.help = "UDP and TCP port for the media of viewers, one more for each further loop; 0 "
                     "takes free ones."});
  table.add("webrtc.tcp", o.webrtc_tcp,
            {.aliases = {"ice_tcp_transport"},
             .help = "Viewers whose network lets no UDP through may come over TCP (RFC 6544)."});
  table.add("webrtc.ice_servers", o.webrtc_ice_servers,
            {.secret = true,
             .help = "STUN and TURN servers that WHEP viewers are told of, with commas: "
                     "stun:HOST:PORT, turn:USER:PASSWORD@HOST:PORT?transport=tcp, turns:..."});
  table.add(
      "media.loops", o.media_loops,
      {.range = {0, 64}, .help = "Threads that move packets; 0: one less than there are cores."});
  table.add("media.gso", o.media_gso,
            {.help = "Send with UDP segmentation offload; off for networks that break it."});
  table.add("record.dir", o.record_dir,
            {.aliases = {"record_dir"}, .help = "Directory for recordings; made when needed."});
  table.add(
      "record.template", o.record_template,
      {.max_length = 200,
       .help = "Names of recordings, without the ending: {streamName}, {callId}, {startTime}, "
               "{endTime} (milliseconds since 1970), {videoCodec} and {audioCodec} are "
               "filled in."});
  table.add("record.rotation", o.record_rotation,
            {.aliases = {"record_rotation"},
             .help = "A recording begins another file when it is that large (20M) or that many "
                     "seconds long (3600); empty: never."});
  table.add("record.audio", o.record_audio, {{"aac", FrameCodec::Aac}, {"opus", FrameCodec::Opus}},
            {.help = "Sound of MP4 recordings; WebM has Opus always."});
  table.add("record.progressive", o.record_progressive,
            {.help = "MP4 recordings get their index in front when they are finished, so that "
                     "players seek in them while they load; each is written twice for that."});
  table.add("on_record_hook_script", o.on_record_hook_script,
            {.help = "Program that is run for each finished recording, with the stream's name, the "
                     "file's path and the mediaSessionId as its arguments; killed after 60 s."});
  table.add("record.download", o.record_download,
            {.help = "Anyone who reaches the REST API may list and download recordings by GET "
                     "/rest-api/recorder/files."});
  table.add("record.max", o.record_max, {.range = {0, 1000}, .help = "Recordings at once."});
  table.add("sip_record_stream", o.sip_record_stream, {.help = "Every call is recorded."});
  table.add("url.allow_private", o.url_allow_private,
            {.help = "URLs of clients may lead into private networks and to this machine."});
  table.add("push.tls_verify", o.push_tls_verify,
            {.help = "An RTMPS server must have a certificate that is valid for its name."});
  table.add("push.tls_ca", o.push_tls_ca,
            {.help = "PEM file with the authorities that RTMPS servers' certificates are checked "
                     "against; empty: the system's."});
  table.add("push.max", o.push_max,
            {.range = {0, 1000}, .help = "RTMP pushes at once; each has a thread of its own."});
  table.add("media.dir", o.media_dir,
            {.help = "Directory with the sound files that clients may name."});
  table.add(
      "hls.port", o.hls_port,
      {.help = "HLS over HTTP where WCS has it (every HTTP port serves all); 0 turns it off."});
  table.add("hls.tls.port", o.hls_tls_port, {.help = "The same over TLS; 0 turns it off."});
  table.add("hls.always", o.hls_always,
            {.help = "Every call is kept ready for HLS; off: the first player begins it."});
  table.add("hls.idle", o.hls_idle,
            {.range = {5s, 24h}, .help = "HLS of a stream ends when nobody asks for this time."});
  table.add("hls.linger", o.hls_linger,
            {.range = {0s, 1h}, .help = "How long a stream's HLS is served behind its end."});
  table.add("hls.max", o.hls_max, {.range = {0, 10'000}, .help = "Streams as HLS at once."});
  table.add("output.keyframe_interval", o.output_keyframe_interval,
            {.range = {0s, 1h},
             .help = "While a stream is pushed, recorded or played by HLS its phone is asked for a "
                     "keyframe when the last one is that old; 0: never."});
  table.add("output.audio_bitrate", o.output_audio_bitrate,
            {.range = {16'000, 320'000},
             .unit = "bit/s",
             .help = "Of the AAC and Opus that pushes and recordings get."});
  table.add("tls.cert", o.tls_cert,
            {.reload = config::Reload::Now,
             .help = "PEM file with the certificate chain; empty: a self-signed one is made."});
  table.add("tls.key", o.tls_key,
            {.reload = config::Reload::Now, .help = "PEM file with the private key."});
  table.add(
      "client.dir", o.client_dir,
      {.help = "Directory that is served under /client2/: the Flashphoner Web SDK's package."});
  table.add("rest_access_control_allow_origin", o.cors.allow_origin,
            {.help = "Access-Control-Allow-Origin of every reply."});
  table.add("rest_access_control_allow_headers", o.cors.allow_headers,
            {.help = "Access-Control-Allow-Headers: what pages may send."});
  table.add("rest_access_control_allow_methods", o.cors.allow_methods,
            {.help = "Access-Control-Allow-Methods: what pages may ask with."});
  table.add("rest_access_control_headers", o.cors_headers,
            {.help = "Whole headers for every reply, with semicolons between, in place of those "
                     "above: \"Access-Control-Allow-Origin: https://a.example; "
                     "Access-Control-Allow-Credentials: true\"."});
  table.add("disable_rest_auth", o.disable_rest_auth,
            {.help = "Everyone may use REST; off: users and API keys of auth.file alone "
                     "(docs/security.md)."});
  table.add("auth.file", o.auth_file,
            {.reload = config::Reload::Now,
             .help = "File with users and API keys, as `sipcast user add` and `sipcast key add` "
                     "write it."});
  table.add("auth.max_failures", o.auth_max_failures,
            {.range = {0, 10000},
             .help = "Failed log-ins of one address within a minute, until it has to wait for the "
                     "next; 0: no limit."});
  table.add("play.access", o.play_access,
            {{"open", PlayAccess::Rule::Open}, {"key", PlayAccess::Rule::Key}},
            {.help = "Who may watch a stream when no hook is asked: everyone, or holders of an API "
                     "key with the scope streams."});
  table.add("dial.allow", o.dial_allow,
            {.help = "Whom calls may go to, patterns with commas between: 49*, *@pbx.example, "
                     "@192.0.2.0/24 (docs/security.md); empty: everyone."});
  table.add("dial.deny", o.dial_deny, {.help = "Whom no call goes to, patterns likewise."});
  table.add("dial.max_calls", o.dial_max_calls,
            {.range = {0, 100'000}, .help = "Calls at once, in both directions; 0: no limit."});
  table.add("dial.max_calls_per_hour", o.dial_max_calls_per_hour,
            {.range = {0, 100'000}, .help = "Calls that are begun within an hour; 0: no limit."});
  table.add("apps.file", o.apps_file,
            {.reload = config::Reload::Now,
             .help = "File with the apps whose hooks are called; /v1/apps writes it, too "
                     "(docs/hooks.md)."});
  table.add("disable_rest_requests", o.disable_rest_requests, {.help = "No hook is called."});
  table.add("rest_request_timeout", o.rest_request_timeout,
            {.range = {0s, 60s},
             .help = "How long a hook's back-end may take; 0: as long as it may at most."});
  table.add("rest_max_connections", o.rest_max_connections,
            {.range = {1, 10'000}, .help = "Hooks under way at once."});
  table.add("hooks.tls_verify", o.hooks_tls_verify,
            {.help = "An https back-end must have a certificate that is valid for its name."});
  table.add("hooks.tls_ca", o.hooks_tls_ca,
            {.help = "PEM file with the authorities that back-ends' certificates are checked "
                     "against; empty: the system's."});
  table.add("call_linger", o.call_linger,
            {.range = {0s, 1h},
             .help = "How long a call that ended by itself stays visible to /call/find."});
  table.add("trace.keep_failed", o.trace_keep_failed,
            {.range = {0s, 24h},
             .help = "How long the trace (GET /v1/calls/ID/trace) of a call that failed is kept."});
  table.add("trace.keep_ended", o.trace_keep_ended,
            {.range = {0s, 24h}, .help = "The same for calls that ended well."});
  table.add("trace.max", o.trace_max,
            {.range = {0, 10000},
             .help = "Traces of ended calls that are kept; the oldest go first. Each takes up to "
                     "120 KB, mostly 10."});
  table.add("call.no_answer", o.call_no_answer,
            {.range = {5s, 1h}, .help = "A call that nobody answers is given up after this time."});
  table.add(
      "call.no_media", o.call_no_media,
      {.range = {1s, 1h}, .help = "A warning when an answered call brings no RTP for this time."});
  table.add("call.rtp_timeout", o.call_rtp_timeout,
            {.range = {0s, 24h},
             .help = "An answered call without RTP for this time is hung up; on hold it is not; 0: "
                     "never."});
  table.add("call.rtp_timeout_ends", o.call_rtp_timeout_ends,
            {.help = "Off: a call without RTP is kept, with a warning in the log."});
  table.add(
      "call.max_duration", o.call_max_duration,
      {.range = {0s, 720h}, .help = "An answered call is hung up after this time; 0: never."});
  table.add(
      "call.unwatched", o.call_unwatched,
      {.range = {0s, 24h},
       .help = "An answered call is hung up when nobody has read its stream for this time; 0: "
               "never."});
  table.add("keep_alive.server_interval", o.keep_alive_interval,
            {.range = {100ms, 1h}, .unit = 1ms, .help = "Time between two pings to the SDK."});
  table.add("keep_alive.probes", o.keep_alive_probes,
            {.range = {1, 1000}, .help = "Pings without any answer until the session is closed."});
  table.add("log.level", o.log_level, {.help = "Least severity of a log line."});
}

std::optional<int> load_options(std::span<const char* const> args, const char* const* environment,
                                Options& options, std::vector<std::string>& warnings) {
  config::OptionTable table;
  declare_options(table, options);
  // `table` points into `options` and is done when this function is.
  config::LoadResult result = config::load(table, args, environment);
  if (result.help) {
    print(stdout, config::help_text(table, kUsage));
    return 0;
  }
  if (result.version) {
    print(stdout, "sipcast " SIPCAST_VERSION "\n");
    return 0;
  }
  if (result.positional == std::vector<std::string>{"options"}) {
    print(stdout, config::reference_page(table));
    return 0;
  }
  for (const std::string& word : result.positional)
    result.errors.push_back("unknown argument: " + word);
  if (result.check) {
    print(stdout, config::check_report(table, result));
    return result.errors.empty() ? 0 : 2;
  }
  for (const std::string& error : result.errors) print(stderr, "sipcast: " + error + "\n");
  if (!result.errors.empty()) return 2;
  warnings = std::move(result.warnings);
  return {};
}

}  // namespace sipcast
