#include "net/resolver.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"

namespace sipcast {
namespace {

constexpr size_t kMaxTargets = 8;
constexpr size_t kMaxHops = 16;
constexpr std::array kTransports = {SipTransport::Udp, SipTransport::Tcp, SipTransport::Tls};

const char* srv_prefix(SipTransport transport) {
  switch (transport) {
    case SipTransport::Udp:
      return "_sip._udp.";
    case SipTransport::Tcp:
      return "_sip._tcp.";
    case SipTransport::Tls:
      return "_sips._tcp.";
  }
  std::unreachable();
}

/// RFC 3263 §4.1; none: not ours (SCTP, WebSocket, other protocols).
std::optional<SipTransport> transport_of(const NaptrRecord& record) {
  if (!iequals(record.flags, "s")) return {};
  if (iequals(record.service, "SIP+D2U")) return SipTransport::Udp;
  if (iequals(record.service, "SIP+D2T")) return SipTransport::Tcp;
  if (iequals(record.service, "SIPS+D2T")) return SipTransport::Tls;
  return {};
}

}  // namespace

void order_srv(std::vector<SrvRecord>& records, std::mt19937& random) {
  std::ranges::sort(records, {}, &SrvRecord::priority);
  for (auto first = records.begin(); first != records.end(); ++first) {
    const auto last = std::find_if(first, records.end(), [&](const SrvRecord& record) {
      return record.priority != first->priority;
    });
    uint64_t sum = 0;
    for (auto at = first; at != last; ++at) sum += at->weight;
    uint64_t chosen = std::uniform_int_distribution<uint64_t>(0, sum)(random);
    auto at = first;
    for (; at + 1 != last && at->weight < chosen; ++at) chosen -= at->weight;
    std::rotate(first, at, at + 1);
  }
}

struct Resolver::State {
  State(EventLoop& control, std::unique_ptr<DnsClient> client)
      : loop(control), dns(std::move(client)), random(random_u32()) {}
  EventLoop& loop;
  std::unique_ptr<DnsClient> dns;
  std::mt19937 random;
  bool closed = false;
};

/// One locate(). Its queries hold it.
struct Resolver::Search {
  using Self = std::shared_ptr<Search>;
  std::shared_ptr<State> state;
  Query query;
  Done done;

  // Without transport: NAPTR and the SRV records of every transport, asked for at once.
  size_t waiting = 0;
  std::vector<NaptrRecord> naptr;
  std::vector<std::pair<std::string, std::vector<SrvRecord>>> by_name;  // SRV, lower case

  // Then the addresses of the servers that were chosen.
  SipTransport transport = SipTransport::Udp;
  std::vector<SrvRecord> servers;
  std::vector<std::vector<SocketAddress>> addresses;
  std::string problem;

  static void ask_everything(const Self& self);
  static void ask_srv(const Self& self, std::string name, void (*then)(const Self&));
  static void choose_transport(const Self& self);
  static void choose_named(const Self& self);
  const std::vector<SrvRecord>* find_srv(const std::string& name) const;
  static void use(const Self& self, SipTransport transport, std::vector<SrvRecord> servers);
  static void use_host(const Self& self, SipTransport transport);
  static void finish(const Self& self);
};

void Resolver::Search::ask_srv(const Self& self, std::string name, void (*then)(const Self&)) {
  ++self->waiting;
  name = to_lower(name);
  self->state->dns->srv(name, [self, name, then](Result<std::vector<SrvRecord>> found) {
    if (found) self->by_name.emplace_back(name, std::move(*found));
    if (--self->waiting == 0) then(self);
  });
}

void Resolver::Search::ask_everything(const Self& self) {
  ++self->waiting;
  self->state->dns->naptr(self->query.host, [self](Result<std::vector<NaptrRecord>> found) {
    if (found) self->naptr = std::move(*found);
    if (--self->waiting == 0) choose_named(self);
  });
  for (const SipTransport each : kTransports) {
    ask_srv(self, srv_prefix(each) + self->query.host, choose_named);
  }
}

const std::vector<SrvRecord>* Resolver::Search::find_srv(const std::string& name) const {
  const auto found = std::ranges::find(by_name, to_lower(name),
                                       &std::pair<std::string, std::vector<SrvRecord>>::first);
  return found == by_name.end() ? nullptr : &found->second;
}

/// NAPTR records may name SRV records that nobody has asked for yet: those of another domain.
void Resolver::Search::choose_named(const Self& self) {
  std::erase_if(self->naptr, [](const NaptrRecord& record) { return !transport_of(record); });
  std::ranges::sort(self->naptr, [](const NaptrRecord& a, const NaptrRecord& b) {
    return std::pair(a.order, a.preference) < std::pair(b.order, b.preference);
  });
  if (self->naptr.size() > kMaxTargets) self->naptr.resize(kMaxTargets);
  ++self->waiting;
  for (const NaptrRecord& record : self->naptr) {
    if (!self->find_srv(record.replacement)) ask_srv(self, record.replacement, choose_transport);
  }
  if (--self->waiting == 0) choose_transport(self);
}

void Resolver::Search::choose_transport(const Self& self) {
  for (const NaptrRecord& record : self->naptr) {
    const auto* servers = self->find_srv(record.replacement);
    if (servers) return use(self, *transport_of(record), *servers);
  }
  for (const SipTransport each : kTransports) {
    const auto* servers = self->find_srv(srv_prefix(each) + self->query.host);
    if (servers) return use(self, each, *servers);
  }
  use_host(self, SipTransport::Udp);
}

void Resolver::Search::use_host(const Self& self, SipTransport transport) {
  const uint16_t port = self->query.port ? self->query.port : default_sip_port(transport);
  use(self, transport, {{.port = port, .target = self->query.host}});
}

void Resolver::Search::use(const Self& self, SipTransport transport,
                           std::vector<SrvRecord> servers) {
  // RFC 2782: "." says that there is no such service.
  std::erase_if(servers, [](const SrvRecord& record) {
    return record.target.empty() || record.target == "." || record.port == 0;
  });
  order_srv(servers, self->state->random);
  if (servers.size() > kMaxTargets) servers.resize(kMaxTargets);
  self->transport = transport;
  self->servers = std::move(servers);
  self->addresses.resize(self->servers.size());
  self->problem = "no server of " + printable(self->query.host) + " does SIP";
  self->waiting = self->servers.size() + 1;
  for (size_t i = 0; i < self->servers.size(); ++i) {
    self->state->dns->addresses(self->servers[i].target,
                                [self, i](Result<std::vector<SocketAddress>> found) {
                                  if (found) {
                                    self->addresses[i] = std::move(*found);
                                  } else {
                                    self->problem = found.error().cause;
                                  }
                                  if (--self->waiting == 0) finish(self);
                                });
  }
  if (--self->waiting == 0) finish(self);
}

void Resolver::Search::finish(const Self& self) {
  std::vector<SipHop> hops;
  for (size_t i = 0; i < self->servers.size(); ++i) {
    for (const SocketAddress& address : self->addresses[i]) {
      const SipHop hop{self->transport, address.with_port(self->servers[i].port)};
      const bool known = std::ranges::find(hops, hop) != hops.end();
      if (!known && hops.size() < kMaxHops) hops.push_back(hop);
    }
  }
  if (hops.empty()) return self->done(fail(Errc::NotFound, self->problem));
  self->done(std::move(hops));
}

Resolver::Resolver(EventLoop& loop, std::unique_ptr<DnsClient> dns)
    : state_(std::make_shared<State>(loop, std::move(dns))) {}

Resolver::~Resolver() {
  state_->closed = true;
  state_->dns.reset();  // drops its queries, and with them the searches
}

void Resolver::locate(const Query& query, Done done) {
  state_->loop.check();
  std::string_view name = query.host;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  }
  const SipTransport transport = query.transport.value_or(SipTransport::Udp);
  const uint16_t port = query.port ? query.port : default_sip_port(transport);
  const auto answer_soon = [&](Result<std::vector<SipHop>> result) {
    state_->loop.post(
        [state = state_, answered = std::move(done), result = std::move(result)]() mutable {
          if (!state->closed) answered(std::move(result));
        });
  };
  if (const auto literal = SocketAddress::parse(name, port)) {
    return answer_soon(std::vector{SipHop{transport, *literal}});
  }
  if (name.empty() || name.size() > 253 || name.find('\0') != std::string_view::npos) {
    return answer_soon(fail(Errc::NotFound, "no host name: \"" + printable(name, 64) + "\""));
  }
  const auto search = std::make_shared<Search>();
  search->state = state_;
  search->query = {.host = std::string(name), .port = query.port, .transport = query.transport};
  search->done = std::move(done);
  if (query.port != 0) return Search::use_host(search, transport);
  if (!query.transport) return Search::ask_everything(search);
  search->transport = transport;
  Search::ask_srv(search, srv_prefix(transport) + search->query.host, [](const Search::Self& self) {
    if (self->by_name.empty()) return Search::use_host(self, self->transport);
    Search::use(self, self->transport, self->by_name.front().second);
  });
}

}  // namespace sipcast
