#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "control/access/dial_rules.hpp"
#include "control/trace/call_trace.hpp"
#include "control/udp_keep_alive.hpp"
#include "net/event_loop.hpp"
#include "net/resolver.hpp"
#include "net/sip_sockets.hpp"
#include "sip/request_gate.hpp"
#include "sip/user_agent.hpp"

namespace sipcast {

/// The sockets, timers and name look-ups around one sip::UserAgent. Control loop only.
class SipEndpoint final : private sip::UserAgentIo, private SipSockets::Observer {
 public:
  struct Options {
    SocketAddress bind;  ///< ip and port, UDP and TCP
    SipTls tls;
    std::string dns_servers;                     ///< as DnsClient::Options::servers
    std::optional<SocketAddress> advertised_ip;  ///< told to peers; none: by route
    KeepAlive keep_alive = KeepAlive::Off;       ///< of registrations over UDP
    Duration keep_alive_interval = std::chrono::seconds(25);
    sip::UserAgent::Options agent;
    sip::RequestGate::Options gate;
    DialRules dial;  ///< what a host's name may lead to, and a redirect
  };
  /// Errors: Io, InvalidArgument (name servers). The loop need not run yet.
  static Result<std::unique_ptr<SipEndpoint>> open(EventLoop& loop, Options options, Logger log);
  ~SipEndpoint() override;

  sip::UserAgent& agent() { return *agent_; }
  /// Called with every message that is sent, or taken in for the agent.
  void set_tap(std::function<void(TracedMessage)> tap) { tap_ = std::move(tap); }
  /// To be called after each call of agent(): its timers may have changed.
  void rearm();
  SocketAddress local_address() const { return sockets_->local_address(); }
  uint16_t tls_port() const { return sockets_->tls_port(); }  ///< 0: no listener
  /// What we are called by `peer`, port of our listener. Falls back to the bound address.
  SocketAddress advertised_towards(const SocketAddress& peer) const;
  /// Sends one keep-alive to `target`, and calls `again` when the next one is due, unless the timer
  /// is gone by then. Nothing of it over TCP and TLS, whose connections are kept by SipSockets.
  [[nodiscard]] EventLoop::Timer keep_open(const sip::Target& target, std::function<void()> again);
  static sip::Transport transport_of(SipTransport transport);
  using Located = std::move_only_function<void(Result<SipHop>)>;
  /// Where messages for `target` go now (RFC 3263), remembered for a minute, so that advertised()
  /// knows the route. `any_transport`: DNS may choose another one than the target's. At once where
  /// it is known.
  void locate(const sip::Target& target, bool any_transport, Located done);

 private:
  SipEndpoint(EventLoop& loop, Options options, Logger log);
  void send(const sip::Target& to, std::string message, const std::string& branch) override;
  SocketAddress advertised(const sip::Target& to) override;
  bool fail_over(const sip::Target& to, const std::string& branch) override;
  bool has_alternative(const sip::Target& to) override;
  void on_message(BytesView message, SipTransport transport, const SocketAddress& from) override;
  void on_tcp_failed(const SocketAddress& to, const std::string& cause) override;
  void send_resolved(const sip::Target& target, const SocketAddress& to, const std::string& message,
                     const std::string& branch);
  void tap(bool sent, std::string_view message, SipTransport transport, const SocketAddress& peer);
  void remember(const std::string& key, std::vector<SipHop> hops);
  bool is_dead(const SocketAddress& address) const;
  const SipHop& best(const std::vector<SipHop>& hops) const;
  /// nullptr: not known, or too long ago to be trusted.
  const std::vector<SipHop>* known_hops(const std::string& key, bool also_old) const;

  struct Known {
    std::vector<SipHop> hops;
    Instant until;
  };
  struct InFlight {
    SocketAddress to;
    std::string branch;
  };
  EventLoop& loop_;
  Options options_;
  Logger log_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<SipSockets> sockets_;
  std::unique_ptr<sip::UserAgent> agent_;
  EventLoop::Timer timer_;
  std::function<void(TracedMessage)> tap_;
  UdpKeepAlive keep_alive_;
  sip::RequestGate gate_;
  Instant next_gate_line_{};                   ///< a flood is told once in ten seconds
  std::map<std::string, Known> known_;         // by host, port and transport
  std::map<std::string, Instant> dead_;        // servers that failed, and until when they rest
  std::map<std::string, SocketAddress> used_;  // by branch, where a target has several servers
  std::deque<std::string> used_order_;
  std::deque<InFlight> tcp_in_flight_;  // the newest, to tell the agent whose sending failed
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sipcast
