#include "control/sip_endpoint.hpp"

#include <utility>

#include "base/text.hpp"

namespace sipcast {
namespace {
constexpr Duration kKnownFor = std::chrono::minutes(1);
constexpr size_t kMaxKnown = 1000;
constexpr size_t kMaxTcpInFlight = 256;
Instant now() { return std::chrono::steady_clock::now(); }
}  // namespace

SipEndpoint::SipEndpoint(EventLoop& loop, Options options, Logger log)
    : loop_(loop),
      options_(std::move(options)),
      log_(std::move(log)),
      resolver_(loop),
      gate_(options_.gate) {}

SipEndpoint::~SipEndpoint() { *alive_ = false; }

Result<std::unique_ptr<SipEndpoint>> SipEndpoint::open(EventLoop& loop, Options options,
                                                       Logger log) {
  std::unique_ptr<SipEndpoint> endpoint(new SipEndpoint(loop, std::move(options), std::move(log)));
  auto sockets = SipSockets::open(loop, endpoint->options_.bind, *endpoint, endpoint->log_);
  if (!sockets) return std::unexpected(sockets.error());
  endpoint->sockets_ = std::move(*sockets);
  sip::UserAgentIo& io = *endpoint;
  endpoint->agent_ = std::make_unique<sip::UserAgent>(endpoint->options_.agent, io, endpoint->log_);
  return endpoint;
}

void SipEndpoint::rearm() {
  const auto deadline = agent_->deadline();
  if (!deadline) return timer_.cancel();
  timer_ = loop_.at(*deadline, [this] {
    agent_->on_timer(now());
    rearm();
  });
}

SocketAddress SipEndpoint::advertised_towards(const SocketAddress& peer) const {
  const uint16_t port = local_address().port();
  if (options_.advertised_ip) return options_.advertised_ip->with_port(port);
  if (!options_.bind.is_any()) return options_.bind.with_port(port);
  const auto local = local_ip_towards(peer);
  return (local ? *local : options_.bind).with_port(port);
}

SocketAddress SipEndpoint::advertised(const sip::Target& to) {
  if (const auto literal = SocketAddress::parse(to.host, to.port))
    return advertised_towards(*literal);
  const auto known = known_.find(to.host);
  return advertised_towards(known != known_.end()
                                ? known->second.address
                                : SocketAddress::from_ip_bytes(Bytes{192, 0, 2, 1}, 9));
}

void SipEndpoint::resolve(const std::string& host, uint16_t port,
                          std::move_only_function<void(Result<SocketAddress>)> done) {
  if (const auto literal = SocketAddress::parse(host, port)) return done(*literal);
  if (const auto known = known_.find(host); known != known_.end() && known->second.until > now()) {
    return done(known->second.address.with_port(port));
  }
  resolver_.resolve(
      host, port,
      [this, alive = alive_, host, done = std::move(done)](Result<SocketAddress> found) mutable {
        if (!*alive) return;
        if (found) {
          if (known_.size() >= kMaxKnown) known_.clear();
          known_.insert_or_assign(host, Known{*found, now() + kKnownFor});
        }
        done(std::move(found));
      });
}

void SipEndpoint::send(const sip::Target& to, std::string message, const std::string& branch) {
  if (const auto literal = SocketAddress::parse(to.host, to.port)) {
    return send_resolved(to.transport, *literal, message, branch);
  }
  resolve(to.host, to.port,
          [this, transport = to.transport, message = std::move(message),
           branch](Result<SocketAddress> found) {
            if (found) return send_resolved(transport, *found, message, branch);
            // Never from inside of the agent's own call.
            loop_.post([this, alive = alive_, branch, cause = found.error().cause] {
              if (!*alive) return;
              agent_->on_send_failed(branch, cause, now());
              rearm();
            });
          });
}

void SipEndpoint::send_resolved(sip::Transport transport, const SocketAddress& to,
                                const std::string& message, const std::string& branch) {
  if (!message.starts_with("SIP/2.0 ")) gate_.trust(to, now());
  if (transport == sip::Transport::Udp) return sockets_->send_udp(as_bytes(message), to);
  if (tcp_in_flight_.size() >= kMaxTcpInFlight) tcp_in_flight_.pop_front();
  tcp_in_flight_.push_back({to, branch});
  sockets_->send_tcp(as_bytes(message), to);
}

void SipEndpoint::on_message(BytesView message, bool tcp, const SocketAddress& from) {
  if (gate_.check(message, from, now()) != sip::RequestGate::Verdict::Pass) {
    if (now() < next_gate_line_) return;
    next_gate_line_ = now() + std::chrono::seconds(10);
    return log_.warning("SIP requests of strangers are dropped: {} so far, the last from {}",
                        gate_.dropped(), from.to_string());
  }
  agent_->on_message(message, tcp ? sip::Transport::Tcp : sip::Transport::Udp, from, now());
  rearm();
}

void SipEndpoint::on_tcp_failed(const SocketAddress& to, const std::string& cause) {
  std::deque<InFlight> failed;
  std::erase_if(tcp_in_flight_, [&](const InFlight& flight) {
    if (!(flight.to == to)) return false;
    failed.push_back(flight);
    return true;
  });
  for (const InFlight& flight : failed) agent_->on_send_failed(flight.branch, cause, now());
  rearm();
}

}  // namespace sipcast
