#include "bench/scenarios/janus_server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/load/http_client.hpp"
#include "bench/scenarios/sipcast_server.hpp"

namespace sipcast::bench {
namespace {
using namespace std::chrono_literals;

constexpr const char* kLibraries = "/usr/lib/x86_64-linux-gnu/janus";

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

std::unique_ptr<JanusServer> JanusServer::start(const std::string& folder, int core) {
  if (!std::filesystem::exists("/usr/bin/janus") || !std::filesystem::exists(kLibraries)) return {};
  return std::make_unique<JanusServer>(folder, core);
}

JanusServer::JanusServer(const std::string& folder, int core) {
  const SocketAddress loopback = *SocketAddress::parse("127.0.0.1", 0);
  http_ = loopback.with_port(free_port());
  to_ = {.audio = loopback.with_port(free_port()),
         .video = loopback.with_port(free_port()),
         .video_rtcp = loopback.with_port(free_port())};
  const std::string config = folder + "/janus";
  std::filesystem::create_directories(config);
  write(config + "/janus.jcfg",
        fmt::format("general: {{ configs_folder = \"{0}\" plugins_folder = \"{1}/plugins\" "
                    "transports_folder = \"{1}/transports\" events_folder = \"{1}/events\" "
                    "loggers_folder = \"{1}/loggers\" debug_level = 2 session_timeout = 0 }}\n"
                    "nat: {{ ice_lite = true ice_enforce_list = \"127.0.0.1\" ignore_mdns = true }}\n"
                    "media: {{ ipv6 = false rtp_port_range = \"10000-32000\" }}\n"
                    "plugins: {{ disable = \"libjanus_audiobridge.so,libjanus_duktape.so,"
                    "libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,"
                    "libjanus_sip.so,libjanus_textroom.so,libjanus_videocall.so,"
                    "libjanus_videoroom.so,libjanus_voicemail.so\" }}\n"
                    "transports: {{ disable = \"libjanus_mqtt.so,libjanus_nanomsg.so,"
                    "libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_websockets.so\" }}\n",
                    config, kLibraries));
  write(config + "/janus.transport.http.jcfg",
        fmt::format("general: {{ json = \"compact\" base_path = \"/janus\" http = true port = {} "
                    "ip = \"127.0.0.1\" https = false }}\nadmin: {{ admin_http = false }}\n",
                    http_.port()));
  write(config + "/janus.plugin.streaming.jcfg",
        fmt::format("bench: {{ type = \"rtp\" id = 1 audio = true video = true audioport = {} "
                    "audiopt = 8 audiocodec = \"pcma\" videoport = {} videortcpport = {} "
                    "videopt = 96 videocodec = \"h264\" "
                    "videofmtp = \"profile-level-id=42e01f;packetization-mode=1\" "
                    "videobufferkf = true }}\n",
                    to_.audio.port(), to_.video.port(), to_.video_rtcp.port()));
  process_ = std::make_unique<Process>(
      std::vector<std::string>{"janus", "-C", config + "/janus.jcfg", "-F", config},
      folder + "/janus.log", core);
  HttpClient client(http_);
  for (int i = 0; i < 500; ++i) {
    const auto reply = client.request("GET", "/janus/info", "", "");
    if (reply && reply->status == 200) return;
    if (!process_->running()) break;
    std::this_thread::sleep_for(20ms);
  }
  throw std::runtime_error("janus does not start: see " + folder + "/janus.log");
}

}  // namespace sipcast::bench
