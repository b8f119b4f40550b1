#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "net/event_loop.hpp"
#include "net/sip_sockets.hpp"
#include "sip/request_gate.hpp"
#include "sip/user_agent.hpp"

namespace sipcast {

/// The sockets, timers and name look-ups around one sip::UserAgent. Control loop only.
class SipEndpoint final : private sip::UserAgentIo, private SipSockets::Observer {
 public:
  struct Options {
    SocketAddress bind;                          ///< ip and port, UDP and TCP
    std::optional<SocketAddress> advertised_ip;  ///< told to peers; none: by route
    sip::UserAgent::Options agent;
    sip::RequestGate::Options gate;
  };
  /// Errors: Io. The loop need not run yet.
  static Result<std::unique_ptr<SipEndpoint>> open(EventLoop& loop, Options options, Logger log);
  ~SipEndpoint() override;

  sip::UserAgent& agent() { return *agent_; }
  /// To be called after each call of agent(): its timers may have changed.
  void rearm();
  SocketAddress local_address() const { return sockets_->local_address(); }
  /// What we are called by `peer`, port of our listener. Falls back to the bound address.
  SocketAddress advertised_towards(const SocketAddress& peer) const;
  /// Looks a host up and remembers it for a minute, so that advertised() knows the route.
  void resolve(const std::string& host, uint16_t port,
               std::move_only_function<void(Result<SocketAddress>)> done);

 private:
  SipEndpoint(EventLoop& loop, Options options, Logger log);
  void send(const sip::Target& to, std::string message, const std::string& branch) override;
  SocketAddress advertised(const sip::Target& to) override;
  void on_message(BytesView message, bool tcp, const SocketAddress& from) override;
  void on_tcp_failed(const SocketAddress& to, const std::string& cause) override;
  void send_resolved(sip::Transport transport, const SocketAddress& to, const std::string& message,
                     const std::string& branch);

  struct Known {
    SocketAddress address;
    Instant until;
  };
  struct InFlight {
    SocketAddress to;
    std::string branch;
  };
  EventLoop& loop_;
  Options options_;
  Logger log_;
  Resolver resolver_;
  sip::RequestGate gate_;
  Instant next_gate_line_{};  ///< a flood is told once in ten seconds
  std::unique_ptr<SipSockets> sockets_;
  std::unique_ptr<sip::UserAgent> agent_;
  EventLoop::Timer timer_;
  std::map<std::string, Known> known_;
  std::deque<InFlight> tcp_in_flight_;  // the newest, to tell the agent whose sending failed
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sipcast
