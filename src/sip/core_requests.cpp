// What comes from the network: responses to their transactions, requests to calls or to an answer
// of the core (RFC 3261 §8.2).
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"
#include "sip/core.hpp"
#include "sip/malformed_request.hpp"
#include "sip/refer.hpp"

namespace sipcast::sip {
namespace {

std::string user_of(std::string_view text) {
  if (const auto uri = Uri::parse(text)) return unescape(uri->user);
  if (iequals(text.substr(0, 4), "tel:")) {
    return unescape(cut(text.substr(4), ';').first);
  }
  return {};
}

/// RFC 3261 §18.2.1 and RFC 3581 §4: where the request came from, for its responses.
void stamp_via(Received& request, const SocketAddress& from) {
  request.via.params.set("received", from.ip());
  if (request.via.params.find("rport")) {
    request.via.params.set("rport", std::to_string(from.port()));
  }
  for (auto& header : request.message.headers) {
    if (!iequals(header.name, "Via")) continue;
    const auto pieces = split_outside_quotes(header.value, ',');
    std::string value = request.via.to_string();
    bool topmost = true;
    for (const std::string_view piece : pieces) {
      if (piece.empty()) continue;
      if (!std::exchange(topmost, false)) value.append(", ").append(piece);
    }
    if (topmost) continue;  // a Via header without a value
    header.value = std::move(value);
    return;
  }
}

Target reply_target(const Received& request, Transport transport, const SocketAddress& from) {
  uint16_t port = from.port();
  if (transport == Transport::Udp && !request.via.params.find("rport")) {
    port = request.via.sent_by.port ? request.via.sent_by.port : uint16_t{5060};
  }
  return {.transport = transport, .host = from.ip(), .port = port};
}

bool is_keep_alive(BytesView bytes) {
  return std::ranges::all_of(
      bytes, [](uint8_t byte) { return byte == '\r' || byte == '\n' || byte == 0; });
}

}  // namespace

void Core::on_message(BytesView bytes, Transport transport, const SocketAddress& from) {
  if (is_keep_alive(bytes)) return;
  auto message =
      Message::parse(bytes, is_reliable(transport) ? Framing::Stream : Framing::Datagram);
  if (!message) return answer_malformed(bytes, message.error(), transport, from);
  auto received = Received::from_message(std::move(*message));
  if (!received) return answer_malformed(bytes, received.error(), transport, from);
  if (received->message.is_request()) return on_request(std::move(*received), transport, from);
  log.debug("SIP < {} {} ({} {}) from {}", received->message.status,
            printable(received->message.reason, 80), received->cseq,
            printable(received->cseq_method, 20), from.to_string());
  table.on_response(*received, from);
}

/// Without a transaction: a copy of the request gets a copy of the answer.
void Core::answer_malformed(BytesView bytes, const Error& error, Transport transport,
                            const SocketAddress& from) {
  auto malformed = read_malformed(bytes, error);
  log.debug("SIP message from {} {}: {}", from.to_string(),
            malformed ? fmt::format("answered with {}", malformed->status) : "dropped",
            error.cause);
  if (!malformed) return;
  Received& request = malformed->refused;
  stamp_via(request, from);
  Message response = response_to(request, malformed->status, random_token(8));
  add_warning(response, malformed->cause);
  io.send(reply_target(request, transport, from), response.to_string(), "");
}

void Core::on_request(Received request, Transport transport, const SocketAddress& from) {
  const std::string method = request.message.method;
  log.debug("SIP < {} {} from {}", printable(method, 20), loggable_uri(request.message.request_uri),
            from.to_string());
  stamp_via(request, from);
  const Target source = reply_target(request, transport, from);
  const auto known = table.on_request(request);
  if (known == TransactionTable::Known::Absorbed) return;
  if (method == "ACK") {
    if (Call* call = call_of_dialog(request)) call->on_ack(request);
    return;
  }
  if (!table.start_server(request, source)) {  // full: a word without memory of it
    return io.send(source, response_to(request, 503, random_token(8)).to_string(), "");
  }
  const std::string key = TransactionTable::server_key(request, method);
  if (method == "CANCEL") return on_cancel(request, key);
  if (const int status = refusal(request)) return refuse(request, key, status);
  if (!request.to_tag().empty()) {
    if (Call* call = call_of_dialog(request)) return call->on_request(request, key);
    return refuse(request, key, 481);
  }
  on_new_request(request, key, source, from);
}

Call* Core::call_of_dialog(const Received& request) {
  const auto at = dialogs_.find(request.call_id + ' ' + request.to_tag());
  return at == dialogs_.end() ? nullptr : find_call(at->second);
}

bool Core::supports(std::string_view option_tag) const {
  return iequals(option_tag, "100rel") || (iequals(option_tag, "replaces") && options.take_refer) ||
         (iequals(option_tag, "timer") && options.session_expires > Duration::zero());
}

std::expected<CallHandle, int> Core::replaced_by(const Received& invite) {
  if (!options.take_refer) return 0;
  const auto replaces = read_replaces(invite.message);
  if (!replaces) return std::unexpected(400);
  if (!*replaces) return 0;
  const auto dialog = dialogs_.find((*replaces)->call_id + ' ' + (*replaces)->to_tag);
  Call* call = dialog == dialogs_.end() ? nullptr : find_call(dialog->second);
  if (!call || !call->established_with((*replaces)->from_tag)) return std::unexpected(481);
  if ((*replaces)->early_only) return std::unexpected(486);
  return call->handle();
}

int Core::refusal(const Received& request) const {
  static constexpr std::string_view kDone[] = {"INVITE", "BYE",   "OPTIONS", "INFO",
                                               "UPDATE", "PRACK", "REFER",   "NOTIFY"};
  static constexpr std::string_view kKnown[] = {"REGISTER", "MESSAGE", "SUBSCRIBE", "PUBLISH"};
  const std::string& method = request.message.method;
  if (std::ranges::find(kDone, method) == std::end(kDone)) {
    return std::ranges::find(kKnown, method) == std::end(kKnown) ? 501 : 405;
  }
  const std::string_view uri = request.message.request_uri;
  const std::string_view scheme = cut(uri, ':').first;
  if (!iequals(scheme, "tel")) {
    const auto parsed = Uri::parse(uri);
    if (!parsed) return parsed.error().code == Errc::Unsupported ? 416 : 400;
  }
  for (const std::string& tag : request.message.values("Require")) {
    if (!supports(tag)) return 420;
  }
  return 0;
}

void Core::refuse(const Received& request, const std::string& key, int status) {
  Message response = response_to(request, status, random_token(12));
  if (status == 420) {
    for (const std::string& tag : request.message.values("Require")) {
      if (!supports(tag)) response.add("Unsupported", tag);
    }
  }
  if (status == 422) response.add("Min-SE", min_se());
  respond(key, response);
}

void Core::on_cancel(const Received& request, const std::string& key) {
  const auto at = invites_.find(TransactionTable::server_key(request, "INVITE"));
  Call* call = at == invites_.end() ? nullptr : find_call(at->second);
  if (!call) return refuse(request, key, 481);
  refuse(request, key, 200);
  call->on_cancelled("the caller gave up (CANCEL)");
}

void Core::on_new_request(const Received& request, const std::string& key, const Target& source,
                          const SocketAddress& from) {
  const std::string& method = request.message.method;
  if (method == "INVITE") return on_new_invite(request, key, source, from);
  if (method == "OPTIONS") return refuse(request, key, 200);
  // REFER and NOTIFY belong into our calls; there are no subscriptions beside them.
  refuse(request, key, method == "REFER" || method == "NOTIFY" ? 405 : 481);
}

void Core::on_new_invite(const Received& request, const std::string& key, const Target& source,
                         const SocketAddress& from) {
  const std::string merge_key =
      fmt::format("{} {} {}", request.call_id, request.from_tag(), request.cseq);
  if (merged_.contains(merge_key)) return refuse(request, key, 482);
  if (request.message.sdp().empty() && !request.message.body.empty()) {
    return refuse(request, key, 415);
  }
  if (!incoming_handler) return refuse(request, key, 403);
  if (session_too_short(request.message, {options.session_expires, options.min_session_expires})) {
    return refuse(request, key, 422);
  }
  if (calls_.size() >= options.max_calls) return refuse(request, key, 503);
  const auto replaced = replaced_by(request);
  if (!replaced) return refuse(request, key, replaced.error());
  const CallHandle handle = next_handle_++;
  Call& call = *(calls_[handle] = std::make_unique<Call>(*this, handle));
  call.offered(request, key, source);
  invites_[key] = handle;
  merged_[merge_key] = handle;
  respond(key, response_to(request, 100, ""));
  incoming_handler({.handle = handle,
                    .sip_call_id = request.call_id,
                    .from_uri = request.from.uri,
                    .from_user = user_of(request.from.uri),
                    .to_user = user_of(request.to.uri),
                    .request_user = user_of(request.message.request_uri),
                    .request_uri = request.message.request_uri,
                    .authorization = request.message.get("Authorization"),
                    .sdp = std::string(request.message.sdp()),
                    .source = from,
                    .replaces = *replaced});
}

}  // namespace sipcast::sip
