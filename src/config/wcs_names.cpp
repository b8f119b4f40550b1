#include "config/wcs_names.hpp"

namespace sipcast::config {
namespace {

constexpr std::string_view kNoRtmpServer = "sipcast serves no RTMP";
constexpr std::string_view kNoRtsp = "sipcast serves no RTSP";
constexpr std::string_view kNoTranscoding = "video is never transcoded here";
constexpr std::string_view kCodecs = "codecs follow the phone and the viewer";
constexpr std::string_view kKeepAlive = "sipcast watches connections by itself";
constexpr std::string_view kCdn = "sipcast has no CDN of WCS's kind";
constexpr std::string_view kMixer = "sipcast has no mixer";
constexpr std::string_view kRecording = "recordings have options of their own";
constexpr std::string_view kHls = "HLS has options of its own";
constexpr std::string_view kIce = "viewers reach one ICE-lite port, see webrtc.*";
constexpr std::string_view kSip = "SIP has options of its own, see sip.*";
constexpr std::string_view kHttp = "listeners have options of their own";
constexpr std::string_view kRest = "hooks and REST have options of their own";
constexpr std::string_view kJava = "a matter of WCS's own engine";
constexpr std::string_view kActivity = "timeouts have options of their own";

struct Name {
  std::string_view name;
  std::string_view reason;
};
constexpr Name kNames[] = {
    {"ip", "see sip.ip and webrtc.ip"},
    {"ip_local", "see sip.ip and webrtc.ip"},
    {"domain", kSip},
    {"port_from", kSip},
    {"port_to", kSip},
    {"media_port_from", "see the port range of media"},
    {"media_port_to", "see the port range of media"},
    {"user_agent", kSip},
    {"sip_single_route_only", "the stream of a call always goes one way"},
    {"sip_use_tls", kSip},
    {"get_callee_url", kRest},
    {"waiting_answer", kSip},
    {"outbound_proxy", kSip},
    {"codecs", kCodecs},
    {"codecs_exclude_sip", kCodecs},
    {"codecs_exclude_streaming", kCodecs},
    {"codecs_exclude_sip_rtmp", kCodecs},
    {"codecs_exclude_cdn", kCodecs},
    {"profiles", kCodecs},
    {"opus_formats", kCodecs},
    {"proxy_use_h264_packetization_mode_1_only", kCodecs},
    {"allow_outside_codecs", kCodecs},
    {"h264_b_frames_force_transcoding", kNoTranscoding},
    {"video_encoder_h264_gop", kNoTranscoding},
    {"disable_streaming_proxy", kNoTranscoding},
    {"streaming_video_decoder_fast_start", kNoTranscoding},
    {"periodic_fir_request", "keyframes are asked for when somebody needs one"},
    {"periodic_fir_request_interval", "keyframes are asked for when somebody needs one"},
    {"flush_video_interval", "packets go as they come"},
    {"burst_avoidance_count", "packets go as they come"},
    {"video_reliable", "lost packets are always sent again"},
    {"rtmp.port", kNoRtmpServer},
    {"rtmps.port", kNoRtmpServer},
    {"rtmfp.port", kNoRtmpServer},
    {"rtmp.address", kNoRtmpServer},
    {"rtmp.server_read_socket_timeout", kNoRtmpServer},
    {"rtmp.server_buffer_enabled", kNoRtmpServer},
    {"rtmp_transponder_stream_name_prefix", "streams keep their names when they are pushed"},
    {"rtmp_transponder_full_url", "streams keep their names when they are pushed"},
    {"rtsp.port", kNoRtsp},
    {"rtsp_server_auth_enabled", kNoRtsp},
    {"rtsp_interleaved_mode", kNoRtsp},
    {"http.port", kHttp},
    {"https.port", kHttp},
    {"http.address", kHttp},
    {"https.address", kHttp},
    {"ws.port", kHttp},
    {"wss.port", kHttp},
    {"ws.address", kHttp},
    {"wss.address", kHttp},
    {"ws_read_socket_timeout", kKeepAlive},
    {"wss.keystore.file", "a PEM pair is read instead, see tls.cert and tls.key"},
    {"wss.keystore.password", "a PEM pair is read instead, see tls.cert and tls.key"},
    {"hls.port", kHttp},
    {"hls.https.port", kHttp},
    {"hls_auto_start", kHls},
    {"hls_list_size", kHls},
    {"hls_time_min", kHls},
    {"hls_preloader_enabled", kHls},
    {"hls_player_width", kHls},
    {"hls_player_height", kHls},
    {"hls_access_control_headers", kHls},
    {"keep_alive.algorithm", kKeepAlive},
    {"keep_alive.server_interval", kKeepAlive},
    {"keep_alive.peer_interval", kKeepAlive},
    {"keep_alive.probes", kKeepAlive},
    {"keep_alive.enabled", kKeepAlive},
    {"ice_timeout", kActivity},
    {"ice_keep_alive_timeout", kActivity},
    {"rtc_ice_add_local_component", kIce},
    {"rtc_ice_add_local_interface", kIce},
    {"stun_server", kIce},
    {"rtp_activity_audio", kActivity},
    {"rtp_activity_video", kActivity},
    {"rtp_activity_timeout", kActivity},
    {"client_timeout", kActivity},
    {"webrtc_cc_min_bitrate", kNoTranscoding},
    {"webrtc_cc_max_bitrate", kNoTranscoding},
    {"record", kRecording},
    {"record_formats", kRecording},
    {"record_flash_published_streams", kRecording},
    {"record_rtsp_streams", kRecording},
    {"snapshot_auto_dir", kRecording},
    {"snapshot_auto_rate", kRecording},
    {"snapshot_auto_naming", kRecording},
    {"cdn_enabled", kCdn},
    {"cdn_ip", kCdn},
    {"cdn_port", kCdn},
    {"cdn_role", kCdn},
    {"cdn_groups", kCdn},
    {"cdn_point_of_entry", kCdn},
    {"mixer_auto_start", kMixer},
    {"mixer_video_width", kMixer},
    {"mixer_video_height", kMixer},
    {"mixer_layout_class", kMixer},
    {"client_mode", kJava},
    {"client_log_level", kJava},
    {"enable_extended_logging", kJava},
    {"handler_async_disconnect", kJava},
    {"manager_port", kJava},
    {"load_balancing_enabled", kCdn},
};

}  // namespace

std::optional<std::string_view> wcs_name_without_meaning(std::string_view name) {
  for (const Name& known : kNames) {
    if (known.name == name) return known.reason;
  }
  return {};
}

}  // namespace sipcast::config
