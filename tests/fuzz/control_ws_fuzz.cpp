// One WebSocket session of the SDK: any text, in any order, as frames separated by a NUL.
#include <cstdint>
#include <memory>
#include <string_view>

#include "control/ws/wcs_session.hpp"

namespace {
using namespace sipcast;

struct Sink final : http::WsConnection {
  void send(std::string text) override { bytes += text.size(); }
  void send_binary(std::string unit) override { bytes += unit.size(); }
  size_t queued_bytes() const override { return 0; }
  void close(std::string) override {}
  const http::Request& upgrade_request() const override { return request; }
  http::Request request;
  size_t bytes = 0;
};

struct World {
  World() {
    auto made = DtlsContext::create();
    dtls = std::make_unique<DtlsContext>(std::move(*made));
    std::vector<std::unique_ptr<MediaWorker>> workers;
    const auto loopback = *SocketAddress::parse("127.0.0.1", 0);
    auto worker = MediaWorker::start(
        {.phone_bind = loopback, .viewer_bind = loopback, .viewer_candidates = {loopback}}, *dtls,
        Logger::none());
    workers.push_back(std::move(*worker));
    media = std::make_unique<MediaPlane>(std::move(workers));
    web = std::make_unique<EventLoop>("web");
    control = std::make_unique<EventLoop>("control");
    auto dns = DnsClient::create(*control, {});
    hooks = std::make_unique<HookService>(HookService::Options{}, *control, std::move(*dns), apps,
                                          Logger::none());
    access = std::make_unique<Access>(Access::Options{}, *web, Logger::none());
    play_access =
        std::make_unique<PlayAccess>(PlayAccess::Options{}, *web, *access, *hooks, Logger::none());
    snapshots = std::make_unique<SnapshotService>(*media);
    sessions = std::make_unique<ws::WcsSessions>(ws::WcsSessions::Options{}, *web, *media,
                                                 *snapshots, *hooks, *play_access, Logger::none());
  }
  // In the server's order: media loops post to the web loop until they are gone. It never runs
  // here: what comes back is dropped at the end.
  std::unique_ptr<DtlsContext> dtls;
  std::unique_ptr<EventLoop> control, web;
  AppRegistry apps{""};
  std::unique_ptr<HookService> hooks;
  std::unique_ptr<Access> access;
  std::unique_ptr<PlayAccess> play_access;
  std::unique_ptr<MediaPlane> media;
  std::unique_ptr<SnapshotService> snapshots;
  std::unique_ptr<ws::WcsSessions> sessions;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World* world = nullptr;
  static int runs = 0;
  if (!world || ++runs % 1000 == 0) {
    delete world;  // and with it the replies that nobody fetched
    world = new World;
  }
  const auto observer = world->sessions->accept(std::make_shared<Sink>());
  std::string_view rest = as_text({data, size});
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\0'), rest.size());
    observer->on_text(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  observer->on_close();
  return 0;
}
