#include "control/sip_endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "net/local_ip.hpp"

namespace sipcast {
namespace {
constexpr Duration kKnownFor = std::chrono::minutes(1);
constexpr size_t kMaxKnown = 1000;
constexpr size_t kMaxTcpInFlight = 256;
constexpr Duration kDeadFor = std::chrono::minutes(1);
constexpr size_t kMaxBranches = 4096;
Instant now() { return std::chrono::steady_clock::now(); }

uint16_t port_of(const sip::Target& target) {
  return target.port ? target.port : sip::default_port(target.transport);
}

SipTransport wire_transport(sip::Transport transport) {
  switch (transport) {
    case sip::Transport::Udp:
      return SipTransport::Udp;
    case sip::Transport::Tcp:
      return SipTransport::Tcp;
    case sip::Transport::Tls:
      return SipTransport::Tls;
  }
  std::unreachable();
}

std::string key_of(const sip::Target& target, bool any_transport) {
  return fmt::format("{}:{}/{}", to_lower(target.host), target.port,
                     any_transport ? '*' : "UTS"[static_cast<int>(target.transport)]);
}
}  // namespace

sip::Transport SipEndpoint::transport_of(SipTransport transport) {
  switch (transport) {
    case SipTransport::Udp:
      return sip::Transport::Udp;
    case SipTransport::Tcp:
      return sip::Transport::Tcp;
    case SipTransport::Tls:
      return sip::Transport::Tls;
  }
  std::unreachable();
}

SipEndpoint::SipEndpoint(EventLoop& loop, Options options, Logger log)
    : loop_(loop),
      options_(std::move(options)),
      log_(std::move(log)),
      keep_alive_(options_.keep_alive),
      gate_(options_.gate) {}

SipEndpoint::~SipEndpoint() { *alive_ = false; }

Result<std::unique_ptr<SipEndpoint>> SipEndpoint::open(EventLoop& loop, Options options,
                                                       Logger log) {
  std::unique_ptr<SipEndpoint> endpoint(new SipEndpoint(loop, std::move(options), std::move(log)));
  const SocketAddress& bind = endpoint->options_.bind;
  using enum DnsClient::Family;
  auto dns = DnsClient::create(loop, {.servers = endpoint->options_.dns_servers,
                                      .family = !bind.is_v6()   ? V4
                                                : bind.is_any() ? Any
                                                                : V6});
  if (!dns) return std::unexpected(dns.error());
  endpoint->resolver_ = std::make_unique<Resolver>(loop, std::move(*dns));
  auto sockets = SipSockets::open(loop, endpoint->options_.bind, *endpoint, endpoint->log_, {},
                                  endpoint->options_.tls);
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
  const auto& told = options_.advertised_ip;
  // Where both families are spoken, the other one's peers are told an address by route.
  if (told && (told->is_v6() == peer.is_v6() || !options_.bind.is_any())) {
    return told->with_port(port);
  }
  if (!options_.bind.is_any()) return options_.bind.with_port(port);
  const auto local = local_ip_towards(peer);
  return (local ? *local : options_.bind).with_port(port);
}

SocketAddress SipEndpoint::advertised(const sip::Target& to) {
  SocketAddress peer = SocketAddress::from_ip_bytes(Bytes{192, 0, 2, 1}, 9);
  if (const auto literal = SocketAddress::parse(to.host, port_of(to))) {
    peer = *literal;
  } else if (const auto* hops = known_hops(key_of(to, false), true)) {
    peer = best(*hops).address;
  }
  const SocketAddress us = advertised_towards(peer);
  return to.transport == sip::Transport::Tls && tls_port() ? us.with_port(tls_port()) : us;
}

const std::vector<SipHop>* SipEndpoint::known_hops(const std::string& key, bool also_old) const {
  const auto known = known_.find(key);
  if (known == known_.end() || (!also_old && known->second.until <= now())) return nullptr;
  return &known->second.hops;
}

/// Servers of equal weight come in random order: the old order stays, so that what belongs together
/// goes to one server.
void SipEndpoint::remember(const std::string& key, std::vector<SipHop> hops) {
  const auto* old = known_hops(key, true);
  if (old && std::ranges::is_permutation(*old, hops)) hops = *old;
  if (known_.size() >= kMaxKnown && !old) known_.clear();
  known_.insert_or_assign(key, Known{std::move(hops), now() + kKnownFor});
}

bool SipEndpoint::is_dead(const SocketAddress& address) const {
  const auto found = dead_.find(address.to_string());
  return found != dead_.end() && found->second > now();
}

/// The first that is not known to be dead; the first, when all are.
const SipHop& SipEndpoint::best(const std::vector<SipHop>& hops) const {
  const auto found =
      std::ranges::find_if(hops, [&](const SipHop& hop) { return !is_dead(hop.address); });
  return found == hops.end() ? hops.front() : *found;
}

void SipEndpoint::locate(const sip::Target& target, bool any_transport, Located done) {
  if (const auto literal = SocketAddress::parse(target.host, port_of(target))) {
    return done(SipHop{wire_transport(target.transport), *literal});
  }
  const std::string key = key_of(target, any_transport);
  if (const auto* hops = known_hops(key, false)) return done(best(*hops));
  Resolver::Query query{.host = target.host, .port = target.port, .transport = {}};
  if (!any_transport) query.transport = wire_transport(target.transport);
  resolver_->locate(query, [this, key, target,
                            asked = std::move(done)](Result<std::vector<SipHop>> found) mutable {
    if (!found) return asked(std::unexpected(found.error()));
    Result<void> allowed;
    std::erase_if(*found, [&](const SipHop& hop) {
      allowed = options_.dial.check(hop.address);
      return !allowed;
    });
    if (found->empty()) return asked(std::unexpected(allowed.error()));
    sip::Target chosen = target;
    chosen.transport = transport_of(found->front().transport);
    const SipHop hop = best(*found);
    remember(key_of(chosen, false), *found);
    remember(key, std::move(*found));
    asked(hop);
  });
}

bool SipEndpoint::fail_over(const sip::Target& to, const std::string& branch) {
  const auto* hops = known_hops(key_of(to, false), true);
  const auto used = used_.find(branch);
  if (!hops || hops->size() < 2 || used == used_.end()) return false;
  if (dead_.size() >= kMaxKnown) dead_.clear();
  dead_.insert_or_assign(used->second.to_string(), now() + kDeadFor);
  const SipHop& next = best(*hops);
  if (is_dead(next.address)) return false;
  log_.warning("{} at {} failed: trying {}", printable(to.host), used->second.to_string(),
               next.address.to_string());
  return true;
}

bool SipEndpoint::has_alternative(const sip::Target& to) {
  const auto* hops = known_hops(key_of(to, false), true);
  return hops &&
         std::ranges::count_if(*hops, [&](const SipHop& hop) { return !is_dead(hop.address); }) > 1;
}

void SipEndpoint::send(const sip::Target& to, std::string message, const std::string& branch) {
  locate(to, false, [this, to, message = std::move(message), branch](Result<SipHop> hop) {
    if (hop) {
      if (has_alternative(to) && used_.emplace(branch, hop->address).second) {
        used_order_.push_back(branch);
        if (used_order_.size() > kMaxBranches) {
          used_.erase(used_order_.front());
          used_order_.pop_front();
        }
      }
      return send_resolved(to, hop->address, message, branch);
    }
    // Never from inside of the agent's own call.
    loop_.post([this, alive = alive_, branch, cause = hop.error().cause] {
      if (!*alive) return;
      agent_->on_send_failed(branch, cause, now());
      rearm();
    });
  });
}

void SipEndpoint::send_resolved(const sip::Target& target, const SocketAddress& to,
                                const std::string& message, const std::string& branch) {
  if (!message.starts_with("SIP/2.0 ")) gate_.trust(to, now());
  tap(true, message, wire_transport(target.transport), to);
  if (target.transport == sip::Transport::Udp) return sockets_->send_udp(as_bytes(message), to);
  if (tcp_in_flight_.size() >= kMaxTcpInFlight) tcp_in_flight_.pop_front();
  tcp_in_flight_.push_back({to, branch});
  if (target.transport == sip::Transport::Tcp) return sockets_->send_tcp(as_bytes(message), to);
  // An address needs no other certificate than the one that a connection with it has shown: phones
  // and PBXs put their address into Contact, but not into their certificate.
  const bool literal = SocketAddress::parse(target.host, to.port()).has_value();
  sockets_->send_tls(as_bytes(message), to, literal ? "" : target.host);
}

EventLoop::Timer SipEndpoint::keep_open(const sip::Target& target, std::function<void()> again) {
  if (target.transport != sip::Transport::Udp || !keep_alive_.on()) return {};
  locate(target, false, [this, alive = alive_](const Result<SipHop>& hop) {
    if (*alive && hop) sockets_->send_udp(keep_alive_.next(hop->address), hop->address);
  });
  return loop_.after(options_.keep_alive_interval, std::move(again));
}

void SipEndpoint::on_message(BytesView message, SipTransport transport, const SocketAddress& from) {
  if (transport == SipTransport::Udp) {
    const auto taken = keep_alive_.take(message, from);
    if (taken == UdpKeepAlive::Taken::Moved) {
      log_.warning("{} sees us at another address now: registering again", from.to_string());
      agent_->on_flow_lost(sip::Transport::Udp, from, now());
      rearm();
    }
    if (taken != UdpKeepAlive::Taken::No) return;
  }
  if (gate_.check(message, from, now()) != sip::RequestGate::Verdict::Pass) {
    if (now() < next_gate_line_) return;
    next_gate_line_ = now() + std::chrono::seconds(10);
    return log_.warning("SIP requests of strangers are dropped: {} so far, the last from {}",
                        gate_.dropped(), from.to_string());
  }
  tap(false, as_text(message), transport, from);
  agent_->on_message(message, transport_of(transport), from, now());
  rearm();
}

void SipEndpoint::tap(bool sent, std::string_view message, SipTransport transport,
                      const SocketAddress& peer) {
  if (!tap_) return;
  SocketAddress local = local_address();
  if (local.is_any()) local = advertised_towards(peer);
  if (transport == SipTransport::Tls) local = local.with_port(tls_port());
  tap_({.at = now(),
        .sent = sent,
        .transport = transport,
        .local = local,
        .remote = peer,
        .size = message.size(),
        .text = std::string(message)});
}

void SipEndpoint::on_tcp_failed(const SocketAddress& to, const std::string& cause) {
  std::deque<InFlight> failed;
  std::erase_if(tcp_in_flight_, [&](const InFlight& flight) {
    if (!(flight.to == to)) return false;
    failed.push_back(flight);
    return true;
  });
  for (const InFlight& flight : failed) agent_->on_send_failed(flight.branch, cause, now());
  agent_->on_flow_lost(sip::Transport::Tcp, to, now());
  rearm();
}

}  // namespace sipcast
