#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/device_options.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "control/access/play_access.hpp"
#include "control/call.hpp"
#include "control/udp_keep_alive.hpp"
#include "media/frame.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast {

/// Every option of the server, with its default; declared once in options.cpp.
struct Options {
  std::string ip_local = "0.0.0.0";
  std::string ip, sip_ip, webrtc_ip;
  uint16_t http_port = 8081, https_port = 8444, ws_port = 8080, wss_port = 8443;
  bool legacy_ports = true;
  uint16_t sip_port = 5060, sip_tls_port = 5061;
  uint16_t sip_udp_max = 1300;
  bool sip_tls_verify = true;
  KeepAlive sip_keep_alive = KeepAlive::Crlf;
  Duration sip_keep_alive_interval = std::chrono::seconds(25);
  DeviceOptions device;
  std::string sip_devices;
  bool sip_video_slate = false;
  std::string sip_tls_ca, sip_tls_client_cert, sip_tls_client_key;
  uint16_t media_port_from = 30000, media_port_to = 39999;
  uint16_t webrtc_port = 8189;
  bool webrtc_tcp = true;
  std::string webrtc_ice_servers;
  uint16_t media_loops = 0;
  std::string tls_cert, tls_key;
  std::string client_dir;
  LogLevel log_level = LogLevel::Info;
  Duration call_linger = std::chrono::seconds(6);
  Duration trace_keep_failed = std::chrono::hours(1), trace_keep_ended = std::chrono::minutes(5);
  uint16_t trace_max = 500;
  Duration call_no_answer = std::chrono::seconds(120);
  Duration call_no_media = std::chrono::seconds(5);
  Duration call_max_duration{}, call_unwatched{};
  Duration call_rtp_timeout = std::chrono::minutes(5);
  bool call_rtp_timeout_ends = true;
  Duration sip_session_expires = std::chrono::minutes(30), sip_min_se = std::chrono::seconds(90);
  uint16_t sip_max_redirects = 0;
  std::string sip_incoming, sip_users;
  enum class Challenge : uint8_t { Md5, Sha256, Both } sip_challenge = Challenge::Md5;
  Call::ReferPolicy sip_refer = Call::ReferPolicy::Off;
  uint16_t sip_stranger_rate = 20;
  Duration keep_alive_interval = std::chrono::seconds(5);
  uint16_t keep_alive_probes = 10;
  http::CorsOptions cors;
  std::string cors_headers;
  bool disable_rest_auth = true;
  std::string auth_file;
  uint16_t auth_max_failures = 10;
  PlayAccess::Rule play_access = PlayAccess::Rule::Open;
  std::string dial_allow, dial_deny;
  uint32_t dial_max_calls = 0, dial_max_calls_per_hour = 0;
  std::string apps_file;
  bool disable_rest_requests = false;
  Duration rest_request_timeout = std::chrono::seconds(15);
  uint16_t rest_max_connections = 200;
  bool hooks_tls_verify = true;
  std::string hooks_tls_ca;
  std::string sip_realm, dns_servers;
  bool media_gso = true;
  std::string record_dir = "records", record_template = "{streamName}-{startTime}";
  std::string record_rotation, on_record_hook_script;
  FrameCodec record_audio = FrameCodec::Aac;
  bool record_progressive = false, record_download = false;
  uint16_t record_max = 100;
  bool sip_record_stream = false;
  bool url_allow_private = false;
  bool push_tls_verify = true;
  std::string push_tls_ca;
  uint16_t push_max = 100;
  std::string media_dir = "media";
  uint16_t hls_port = 8082, hls_tls_port = 8445;
  bool hls_always = false;
  Duration hls_idle = std::chrono::seconds(30), hls_linger = std::chrono::seconds(60);
  uint16_t hls_max = 100;
  Duration output_keyframe_interval = std::chrono::seconds(2);
  uint32_t output_audio_bitrate = 64'000;
};

}  // namespace sipcast
