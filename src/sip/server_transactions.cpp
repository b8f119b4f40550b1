#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"
#include "sip/transactions_private.hpp"

namespace sipcast::sip {

std::string TransactionTable::server_key(const Received& request, std::string_view method) {
  if (method == "ACK") method = "INVITE";
  const std::string branch = request.branch();
  if (branch.starts_with("z9hG4bK")) {
    return fmt::format("{} {}:{} {}", branch, to_lower(request.via.sent_by.host),
                       request.via.sent_by.port, method);
  }
  // RFC 2543 (§17.2.3): no branch that is unique. The To tag is left out, for the ACK has one more.
  return fmt::format("2543 {} {} {} {} {}", request.call_id, request.from_tag(), request.cseq,
                     request.via.to_string(), method);
}

TransactionTable::Known TransactionTable::on_request(const Received& request) {
  const std::string key = server_key(request, request.message.method);
  const auto at = servers_.find(key);
  if (at == servers_.end()) return Known::New;
  if (!at->second->invite) {
    non_invite_event(key, non_invite_server::Event::Request, nullptr);
    return Known::Absorbed;
  }
  const bool ack = request.message.method == "ACK";
  if (ack && at->second->invite_state == invite_server::State::Accepted) return Known::AckOf2xx;
  invite_event(key, ack ? invite_server::Event::Ack : invite_server::Event::Request, nullptr);
  return Known::Absorbed;
}

bool TransactionTable::start_server(const Received& request, const Target& reply_to) {
  if (servers_.size() >= context_.max_transactions) return false;
  auto server = std::make_unique<Server>();
  server->key = server_key(request, request.message.method);
  server->reply_to = reply_to;
  server->invite = request.message.method == "INVITE";
  server->interval = context_.options.t1;
  const std::string key = server->key;
  servers_[key] = std::move(server);
  return true;
}

void TransactionTable::respond(const std::string& key, const Message& response) {
  const auto at = servers_.find(key);
  if (at == servers_.end()) return;
  if (!at->second->invite) {
    return non_invite_event(key, non_invite_server::Event::SendFinal, &response);
  }
  invite_event(key,
               response.status < 200   ? invite_server::Event::SendProvisional
               : response.status < 300 ? invite_server::Event::SendSuccess
                                       : invite_server::Event::SendFailure,
               &response);
}

void TransactionTable::perform(Server& server, ServerAction action, const Message* response) {
  switch (action) {
    case ServerAction::None:
    case ServerAction::PassAck:
      return;
    case ServerAction::Send:
      server.last_response = response->to_string();
      [[fallthrough]];
    case ServerAction::Resend:
      // No branch: when a response cannot be sent, the timers of both sides notice it.
      if (!server.last_response.empty())
        context_.io.send(server.reply_to, server.last_response, "");
      return;
  }
}

void TransactionTable::arm_timer_g(Server& server) {
  if (server.reliable()) return;
  server.retransmit = context_.timers.at(context_.now + server.interval, [this, key = server.key] {
    const auto at = servers_.find(key);
    if (at == servers_.end()) return;
    at->second->interval = std::min(at->second->interval * 2, context_.options.t2);
    arm_timer_g(*at->second);
    invite_event(key, invite_server::Event::TimerG, nullptr);
  });
}

void TransactionTable::invite_event(const std::string& key, invite_server::Event event,
                                    const Message* response) {
  using invite_server::Event;
  using invite_server::State;
  const auto at = servers_.find(key);
  if (at == servers_.end()) return;
  Server& server = *at->second;
  const State before = server.invite_state;
  const auto [state, action] = invite_server::advance(before, event);
  server.invite_state = state;
  perform(server, action, response);
  if (state == before) return;
  const auto end_after = [&](Duration wait, Event timer) {
    server.timeout = context_.timers.at(
        context_.now + wait, [this, k = server.key, timer] { invite_event(k, timer, nullptr); });
  };
  switch (state) {
    case State::Proceeding:
      return;
    case State::Accepted:
      return end_after(64 * context_.options.t1, Event::TimerL);
    case State::Completed:
      arm_timer_g(server);
      return end_after(64 * context_.options.t1, Event::TimerH);
    case State::Confirmed:
      server.retransmit.stop();
      return end_after(server.reliable() ? Duration::zero() : context_.options.t4, Event::TimerI);
    case State::Terminated:
      servers_.erase(at);
      return;
  }
}

void TransactionTable::non_invite_event(const std::string& key, non_invite_server::Event event,
                                        const Message* response) {
  using non_invite_server::Event;
  using non_invite_server::State;
  const auto at = servers_.find(key);
  if (at == servers_.end()) return;
  Server& server = *at->second;
  const State before = server.state;
  const auto [state, action] = non_invite_server::advance(before, event);
  server.state = state;
  perform(server, action, response);
  if (state == before) return;
  if (state == State::Terminated || server.reliable()) {  // on TCP Timer J is 0
    servers_.erase(at);
    return;
  }
  server.timeout =
      context_.timers.at(context_.now + 64 * context_.options.t1,
                         [this, k = server.key] { non_invite_event(k, Event::TimerJ, nullptr); });
}

}  // namespace sipcast::sip
