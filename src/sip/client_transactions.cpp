#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"
#include "sip/destination.hpp"
#include "sip/transactions_private.hpp"

namespace sipcast::sip {

std::string describe(const Target& target) {
  const uint16_t port = target.port ? target.port : default_port(target.transport);
  return fmt::format("{}:{}/{}", printable(bracketed(target.host), 100), port,
                     via_transport(target.transport));
}

namespace {
constexpr Duration kTcpPatience = std::chrono::seconds(2);
constexpr Duration kUdpOnlyFor = std::chrono::hours(1);
constexpr size_t kMaxUdpOnly = 1000;
}  // namespace

TransactionTable::TransactionTable(Context context) : context_(context) {}
TransactionTable::~TransactionTable() = default;

std::string TransactionTable::client_key(std::string_view branch, std::string_view method) {
  return fmt::format("{} {}", branch, method);
}

void TransactionTable::start_client(Message request, const std::string& branch,
                                    const Target& target, OnClientEvent on_event) {
  auto owned = std::make_unique<Client>();
  Client& client = *owned;
  client.key = client_key(branch, request.method);
  client.branch = branch;
  client.invite = request.method == "INVITE";
  client.wire = request.to_string();
  client.request = std::move(request);
  client.request.body.clear();
  client.target = target;
  client.on_event = std::move(on_event);
  client.interval = context_.options.t1;
  clients_[client.key] = std::move(owned);
  client.patience = (context_.io.has_alternative(target) ? 8 : 64) * context_.options.t1;
  client.timeout = context_.timers.at(context_.now + client.patience, [this, key = client.key] {
    const auto at = clients_.find(key);
    if (at == clients_.end()) return;
    const ClientEvent event = timeout_of(*at->second);
    if (at->second->invite) return invite_event(key, invite_client::Event::TimerB, &event);
    non_invite_event(key, non_invite_client::Event::TimerF, &event);
  });
  choose_transport(client);
  arm_retransmission(client);
  context_.io.send(client.target, client.wire, client.branch);
}

/// RFC 3261 §18.1.1: what may not fit into one datagram goes over TCP, and over UDP after all when
/// the peer refuses that. CANCEL goes where its INVITE went.
void TransactionTable::choose_transport(Client& client) {
  if (client.request.method == "CANCEL") {
    const auto invite = clients_.find(client_key(client.branch, "INVITE"));
    if (invite != clients_.end()) move(client, invite->second->target.transport);
    return;
  }
  if (client.target.transport != Transport::Udp || client.wire.size() <= context_.options.udp_max) {
    return;
  }
  const auto known = udp_only_.find(describe(client.target));
  if (known != udp_only_.end() && known->second > context_.now) return;
  client.large = true;
  context_.log.debug("SIP: {} of {} bytes goes over TCP", client.request.method,
                     client.wire.size());
  move(client, Transport::Tcp);
  client.back_to_udp = context_.timers.at(context_.now + kTcpPatience, [this, key = client.key] {
    const auto at = clients_.find(key);
    if (at != clients_.end()) back_to_udp(*at->second, "no answer over TCP");
  });
}

/// Changes the transport, and the topmost Via with it; the branch stays, so that whoever gets both
/// copies sees one request.
void TransactionTable::move(Client& client, Transport transport) {
  client.target.transport = transport;
  constexpr std::string_view kProtocol = "SIP/2.0/";  // begins the Via: the start line has no '/'
  const auto rewrite = [&](std::string& text) {
    const size_t at = text.find(kProtocol);
    if (at == std::string::npos) return;
    const size_t begin = at + kProtocol.size();
    text.replace(begin, text.find(' ', begin) - begin, via_transport(transport));
  };
  rewrite(client.wire);
  for (auto& header : client.request.headers) {
    if (header.name == "Via") return rewrite(header.value);
  }
}

void TransactionTable::back_to_udp(Client& client, std::string_view why) {
  client.back_to_udp.stop();
  client.large = false;
  move(client, Transport::Udp);
  const std::string peer = describe(client.target);
  context_.log.debug("SIP: {} of {} bytes goes to {} after all: {}", client.request.method,
                     client.wire.size(), peer, printable(why));
  if (udp_only_.size() >= kMaxUdpOnly) udp_only_.clear();
  udp_only_.insert_or_assign(peer, context_.now + kUdpOnlyFor);
  arm_retransmission(client);
  context_.io.send(client.target, client.wire, client.branch);
}

void TransactionTable::abandon_client(const std::string& branch, std::string_view method) {
  clients_.erase(client_key(branch, method));
}

ClientEvent TransactionTable::timeout_of(const Client& client) const {
  const auto waited = std::chrono::duration_cast<std::chrono::seconds>(client.patience).count();
  return {.kind = ClientEvent::Kind::Timeout,
          .from = {},
          .cause = fmt::format("no answer to {} from {} within {} s", client.request.method,
                               describe(client.target), waited)};
}

void TransactionTable::arm_retransmission(Client& client) {
  if (client.reliable()) return;
  client.retransmit = context_.timers.at(context_.now + client.interval, [this, key = client.key] {
    const auto at = clients_.find(key);
    if (at == clients_.end()) return;
    if (at->second->invite) return invite_event(key, invite_client::Event::TimerA, nullptr);
    non_invite_event(key, non_invite_client::Event::TimerE, nullptr);
  });
}

void TransactionTable::client_retransmits(Client& client) {
  context_.io.send(client.target, client.wire, client.branch);
  client.interval *= 2;
  if (!client.invite) {
    client.interval = client.state == non_invite_client::State::Proceeding
                          ? context_.options.t2
                          : std::min(client.interval, context_.options.t2);
  }
  arm_retransmission(client);
}

bool TransactionTable::on_response(const Received& response, const SocketAddress& from) {
  const std::string key = client_key(response.branch(), response.cseq_method);
  const auto at = clients_.find(key);
  if (at == clients_.end()) return false;
  at->second->back_to_udp.stop();
  const ClientEvent event{.response = &response, .from = from, .cause = {}};
  const int status = response.message.status;
  if (at->second->invite) {
    invite_event(key,
                 status < 200   ? invite_client::Event::Provisional
                 : status < 300 ? invite_client::Event::Success
                                : invite_client::Event::Failure,
                 &event);
  } else {
    non_invite_event(
        key, status < 200 ? non_invite_client::Event::Provisional : non_invite_client::Event::Final,
        &event);
  }
  return true;
}

void TransactionTable::on_send_failed(const std::string& branch, const std::string& cause) {
  const ClientEvent event{
      .kind = ClientEvent::Kind::Unreachable, .from = {}, .cause = printable(cause, 300)};
  // CANCEL shares the branch of its INVITE.
  for (const std::string_view method :
       {"INVITE", "CANCEL", "REGISTER", "BYE", "INFO", "OPTIONS", "UPDATE", "PRACK"}) {
    const std::string key = client_key(branch, method);
    const auto at = clients_.find(key);
    if (at == clients_.end()) continue;
    if (at->second->large && at->second->unanswered()) {
      back_to_udp(*at->second, cause);
    } else if (at->second->invite) {
      invite_event(key, invite_client::Event::TransportError, &event);
    } else {
      non_invite_event(key, non_invite_client::Event::TransportError, &event);
    }
  }
}

void TransactionTable::report(const std::string& key, const Client& client, bool terminated,
                              const ClientEvent& event) {
  const OnClientEvent on_event = client.on_event;  // the user may start and end transactions
  if (terminated) clients_.erase(std::string(key));
  if (on_event) on_event(event);
}

void TransactionTable::invite_event(const std::string& key, invite_client::Event event,
                                    const ClientEvent* what) {
  using invite_client::Action;
  using invite_client::State;
  const auto at = clients_.find(key);
  if (at == clients_.end()) return;
  Client& client = *at->second;
  const State before = client.invite_state;
  const auto [state, action] = invite_client::advance(before, event);
  client.invite_state = state;
  if (state != before) enter(client, state);
  const bool terminated = state == State::Terminated;
  switch (action) {
    case Action::None:
      if (terminated) clients_.erase(at);
      return;
    case Action::Retransmit:
      return client_retransmits(client);
    case Action::Ack:
      return send_ack(client, nullptr);
    case Action::DeliverAndAck:
      send_ack(client, what->response);
      if (client.reliable()) return report(client.key, client, true, *what);  // Timer D is 0
      [[fallthrough]];
    case Action::Deliver:
    case Action::ReportTimeout:
    case Action::ReportTransportError:
      return report(client.key, client, terminated, *what);
  }
}

void TransactionTable::enter(Client& client, invite_client::State state) {
  using invite_client::State;
  client.retransmit.stop();
  client.timeout.stop();
  switch (state) {
    case State::Calling:
    case State::Proceeding:
    case State::Terminated:
      return;
    case State::Accepted:   // Timer M, RFC 6026 §8.4
    case State::Completed:  // Timer D
      client.linger = context_.timers.at(
          context_.now + 64 * context_.options.t1,
          [this, key = client.key] { invite_event(key, invite_client::Event::Linger, nullptr); });
      return;
  }
}

/// ACK of a failure (§17.1.1.3): same branch, To of the response.
void TransactionTable::send_ack(Client& client, const Received* response) {
  if (response) {
    Message ack;
    ack.method = "ACK";
    ack.request_uri = client.request.request_uri;
    const auto vias = client.request.values("Via");
    if (!vias.empty()) ack.add("Via", vias.front());
    for (const auto& header : client.request.headers) {
      if (iequals(header.name, "Route")) ack.add("Route", header.value);
    }
    ack.add("Max-Forwards", "70");
    ack.add("From", client.request.get("From"));
    ack.add("To", response->message.get("To"));
    ack.add("Call-ID", client.request.get("Call-ID"));
    ack.add("CSeq", std::string(cut(client.request.get("CSeq"), ' ').first) + " ACK");
    client.ack_wire = ack.to_string();
  }
  context_.io.send(client.target, client.ack_wire, client.branch);
}

void TransactionTable::non_invite_event(const std::string& key, non_invite_client::Event event,
                                        const ClientEvent* what) {
  using non_invite_client::Action;
  using non_invite_client::State;
  const auto at = clients_.find(key);
  if (at == clients_.end()) return;
  Client& client = *at->second;
  const State before = client.state;
  const auto [state, action] = non_invite_client::advance(before, event);
  client.state = state;
  if (state != before) enter(client, state);
  // On TCP Timer K is 0: Completed does not last.
  const bool gone = state == State::Terminated || (state == State::Completed && client.reliable());
  switch (action) {
    case Action::None:
      if (gone) clients_.erase(at);
      return;
    case Action::Retransmit:
      return client_retransmits(client);
    case Action::Deliver:
    case Action::ReportTimeout:
    case Action::ReportTransportError:
      return report(client.key, client, gone, *what);
  }
}

void TransactionTable::enter(Client& client, non_invite_client::State state) {
  using non_invite_client::State;
  switch (state) {
    case State::Trying:
    case State::Proceeding:
      return;
    case State::Completed:  // Timer K
      client.retransmit.stop();
      client.timeout.stop();
      client.linger =
          context_.timers.at(context_.now + context_.options.t4, [this, key = client.key] {
            non_invite_event(key, non_invite_client::Event::TimerK, nullptr);
          });
      return;
    case State::Terminated:
      client.retransmit.stop();
      client.timeout.stop();
      return;
  }
}

}  // namespace sipcast::sip
