#include "bench/scenarios/sipcast_server.hpp"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "bench/load/udp.hpp"

namespace sipcast::bench {
using namespace std::chrono_literals;

uint16_t free_port() {
  // By UDP: most of ours are UDP and TCP of one number, and collisions show at the start.
  const UniqueFd fd = open_udp(*SocketAddress::parse("127.0.0.1", 0), 1 << 16);
  return address_of(fd.get()).port();
}

SipcastServer::SipcastServer(const Options& options) {
  // A port that was free may be taken by the time it is bound.
  for (int tries = 0; tries < 5; ++tries) {
    if (start(options)) return;
  }
  throw std::runtime_error(options.binary + " does not start: see " + options.folder +
                           "/sipcast.log");
}

bool SipcastServer::start(const Options& options) {
  http_address_ = SocketAddress::parse("127.0.0.1", 0)->with_port(free_port());
  std::vector<std::string> command{options.binary,
                                   fmt::format("--http.port={}", http_address_.port()),
                                   fmt::format("--sip.port={}", free_port()),
                                   fmt::format("--webrtc.port={}", free_port()),
                                   "--ip_local=127.0.0.1",
                                   "--ip=127.0.0.1",
                                   "--https.port=0",
                                   "--ws.port=0",
                                   "--wss.port=0",
                                   "--legacy.ports=false",
                                   "--sip.tls.port=0",
                                   "--hls.port=0",
                                   "--hls.tls.port=0",
                                   "--media.loops=1",
                                   "--media_port_from=10000",
                                   "--media_port_to=29999",
                                   "--log.level=warning"};
  command.insert(command.end(), options.more.begin(), options.more.end());
  process_ = std::make_unique<Process>(command, options.folder + "/sipcast.log", options.core);
  client_ = std::make_unique<HttpClient>(http_address_);
  for (int i = 0; i < 500; ++i) {
    const auto reply = client_->request("GET", "/healthz", "", "");
    if (reply && reply->status == 200) return true;
    if (!process_->running()) break;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

void SipcastServer::call(const std::string& user, const SocketAddress& phone) {
  const std::string body = fmt::format(
      R"({{"callId":"{0}","callee":"{0}","toStream":"{0}","hasAudio":"true","hasVideo":"true",)"
      R"("sipLogin":"bench","sipAuthenticationName":"bench","sipPassword":"bench",)"
      R"("sipDomain":"127.0.0.1","sipOutboundProxy":"127.0.0.1","sipPort":"{1}",)"
      R"("appKey":"defaultApp","sipRegisterRequired":"false"}})",
      user, phone.port());
  const auto reply = client_->request("POST", "/rest-api/call/startup", "application/json", body);
  if (!reply) throw std::runtime_error("call/startup: " + reply.error().cause);
  if (reply->status != 200) {
    throw std::runtime_error(fmt::format("call/startup: {} {}", reply->status, reply->body));
  }
}

void SipcastServer::hang_up(const std::string& user) {
  [[maybe_unused]] const auto reply =
      client_->request("POST", "/rest-api/call/terminate", "application/json",
                       fmt::format(R"({{"callId":"{}"}})", user));
}

std::string SipcastServer::get(const std::string& path) {
  const auto reply = client_->request("GET", path, "", "");
  return reply ? reply->body : "";
}

}  // namespace sipcast::bench
