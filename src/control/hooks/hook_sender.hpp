#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "control/hooks/app.hpp"
#include "control/url_target.hpp"
#include "fetch/client.hpp"
#include "net/dns_client.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// One hook on its way: its back-end's name is looked up once, the address checked, and connected
/// to. Control loop only.
class HookSender {
 public:
  struct Options {
    Duration timeout = std::chrono::seconds(15);
    size_t max_open = 200;  ///< requests at once; notifications may take half of them
    PrivateTargets private_targets = PrivateTargets::Refused;
    fetch::Client::Options client;
  };
  struct Message {
    AppPtr app;
    std::string method;
    std::string body;       ///< JSON
    std::string event_id;   ///< the same for every try
    bool may_wait = false;  ///< a notification
  };
  using Done = std::function<void(Result<fetch::Reply>)>;

  HookSender(Options options, EventLoop& control, std::unique_ptr<DnsClient> dns, Logger log);
  ~HookSender();
  /// `done` is called once, later, on the control loop, or never when this is gone by then. Errors:
  /// Exhausted, NotFound (the host), Forbidden (its address), and those of fetch::Client.
  void send(Message message, Done done);

 private:
  void resolved(const Message& message, const Result<SocketAddress>& address, const Done& done);
  void finish(Result<fetch::Reply> reply, const Done& done);

  Options options_;
  EventLoop& control_;
  std::unique_ptr<DnsClient> dns_;
  size_t open_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  fetch::Client client_;  // gone first: it calls back
};

/// The headers that let a back-end believe a request: `X-Sipcast-Event-Id`, `X-Sipcast-Timestamp`
/// (seconds since 1970), and with a secret `X-Sipcast-Signature`: "sha256=" and the hexadecimal
/// HMAC-SHA-256 of "TIMESTAMP.EVENT_ID.BODY".
std::vector<std::pair<std::string, std::string>> signature_headers(std::string_view secret,
                                                                   std::string_view event_id,
                                                                   WallTime at,
                                                                   std::string_view body);

}  // namespace sipcast
