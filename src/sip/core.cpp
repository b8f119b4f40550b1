#include "sip/core.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"

namespace sipcast::sip {
namespace {

constexpr size_t kMaxRememberedRealms = 100'000;

std::string dialog_key(const std::string& call_id, const std::string& local_tag) {
  return call_id + ' ' + local_tag;
}

std::string account_key(const Account& account) {
  return fmt::format("{}\n{}\n{}\n{}", account.login, account.domain, account.authentication_name,
                     account.outbound_proxy ? describe(*account.outbound_proxy) : "");
}

bool wants_credentials(const ClientEvent& event) {
  return event.status() == 401 || event.status() == 407;
}

}  // namespace

std::string loggable_uri(std::string_view uri) {
  auto parsed = Uri::parse(uri);
  if (!parsed) return printable(uri.substr(0, uri.find(':')), 20) + ":...";
  parsed->password.clear();
  return printable(parsed->to_string(), 120);
}

std::string failure_text(const Message& response) {
  std::string text = fmt::format("SIP {}", response.status);
  const std::string reason =
      response.reason.empty() ? std::string(reason_phrase(response.status)) : response.reason;
  text += ' ' + printable(reason, 120);
  // Warning: 399 host "text" (RFC 3261 §20.43)
  const std::string warning = response.get("Warning");
  if (const size_t quote = warning.find('"'); quote != std::string::npos) {
    text += ": " + printable(unquoted(std::string_view(warning).substr(quote)), 200);
  }
  const std::string cause = response.get("Reason");
  if (!cause.empty()) text += " (" + printable(cause, 120) + ')';
  return text;
}

Core::Core(UserAgent::Options opts, UserAgentIo& world, Logger logger)
    : options(std::move(opts)),
      io(world),
      log(std::move(logger)),
      table({.io = io,
             .timers = timers,
             .now = now,
             .options = options,
             .log = log,
             .max_transactions = 4 * options.max_calls + 1000}) {}

void Core::stamp(Message& request, const Target& target, const std::string& branch) {
  const SocketAddress us = io.advertised(target);
  Via via{.transport = std::string(via_transport(target.transport)),
          .sent_by = {.host = us.ip(), .port = us.port()},
          .params = {}};
  via.params.set("branch", branch);
  via.params.set("rport", "");
  request.add_front("Via", via.to_string());
  request.add("User-Agent", options.product);
}

Sent Core::start(Message request, const Target& target, OnClientEvent on_event) {
  Sent sent{
      .branch = "z9hG4bK" + random_token(20), .request = std::move(request), .target = target};
  stamp(sent.request, target, sent.branch);
  sent.request.set("Allow", allow());
  log.debug("SIP > {} {} to {}", sent.request.method, loggable_uri(sent.request.request_uri),
            describe(target));
  table.start_client(sent.request, sent.branch, target, std::move(on_event));
  return sent;
}

bool Core::fail_over(const ClientEvent& event, const Target& target, const std::string& branch) {
  const bool failed = event.kind != ClientEvent::Kind::Response || event.status() == 503;
  return failed && io.fail_over(target, branch);
}

Core::SentAck Core::send_ack(Message ack, const Target& target) {
  SentAck sent{.wire = {}, .branch = "z9hG4bK" + random_token(20), .target = target};
  stamp(ack, target, sent.branch);
  sent.wire = ack.to_string();
  log.debug("SIP > ACK {} to {}", loggable_uri(ack.request_uri), describe(target));
  resend(sent);
  return sent;
}

void Core::resend(const SentAck& ack) { io.send(ack.target, ack.wire, ack.branch); }

void Core::send_in_dialog(const std::shared_ptr<InDialogRequest>& request) {
  Dialog& dialog = *request->dialog;
  Message message = dialog.request(request->method, ++dialog.local_cseq);
  if (request->session && request->tries.www + request->tries.proxy > 0) {
    request->session->authorize(message);
  }
  for (const auto& [name, value] : request->headers) message.add(name, value);
  if (!request->body.empty()) message.set_body(request->content_type, request->body);
  const Target target = dialog.next_hop();
  const auto on_event = [this, request, target](const ClientEvent& event) {
    if (event.status() >= 100 && event.status() < 200) return;
    if (fail_over(event, target, request->branch)) return send_in_dialog(request);
    if (wants_credentials(event) && request->session) {
      const auto taken = request->session->challenged(event.response->message, request->tries,
                                                      DigestSession::Learn::No);
      if (taken) return send_in_dialog(request);
      log.info("SIP {} is not authorised: {}", request->method, taken.error().cause);
    }
    if (request->done) request->done(event);
  };
  request->branch = start(std::move(message), target, on_event).branch;
}

void Core::add_warning(Message& response, std::string_view why) const {
  response.add("Warning", fmt::format("399 {} {}", options.product, quoted(why)));
}

Message Core::response_to(const Received& request, int status, const std::string& to_tag) const {
  Message response;
  response.status = status;
  response.reason = reason_phrase(status);
  const std::string& method = request.message.method;
  const bool forms_dialog = method == "INVITE" && status > 100 && status < 300;
  for (const auto& header : request.message.headers) {
    if (header.name == "Record-Route" ? forms_dialog : iequals(header.name, "Via")) {
      response.add(header.name, header.value);
    }
  }
  response.add("From", request.message.get("From"));
  std::string to = request.message.get("To");
  if (!to_tag.empty() && request.to_tag().empty()) to += ";tag=" + to_tag;
  response.add("To", to);
  response.add("Call-ID", request.call_id);
  response.add("CSeq", fmt::format("{} {}", request.cseq, request.cseq_method));
  response.add("Server", options.product);
  if (status == 405 || status == 501 || (status >= 200 && status < 300)) {
    response.add("Allow", allow());
  }
  if (status == 415 || method == "OPTIONS") response.add("Accept", "application/sdp");
  return response;
}

void Core::respond(const std::string& key, const Message& response) {
  log.debug("SIP > {} {} ({})", response.status, response.reason,
            printable(response.get("CSeq"), 60));
  table.respond(key, response);
}

const char* Core::allow() const {
  return options.take_refer
             ? "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, NOTIFY, REFER"
             : "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, NOTIFY";
}

const char* Core::supported() const { return options.take_refer ? "100rel, replaces" : "100rel"; }

std::string Core::min_se() const {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(options.min_session_expires).count());
}

std::string Core::contact(const std::string& user, const Target& target, bool secure) {
  const SocketAddress us = io.advertised(target);
  return fmt::format("<{}:{}@{}{}>", secure ? "sips" : "sip", user, us.to_string(),
                     uri_transport(target.transport));
}

std::shared_ptr<DigestSession> Core::digest_session(const Account& account) {
  std::shared_ptr<std::string> realm;
  if (!account.realm.empty()) {
    realm = std::make_shared<std::string>(account.realm);
  } else {
    const std::string key = account_key(account);
    if (realms_.size() >= kMaxRememberedRealms && !realms_.contains(key)) {
      realms_.erase(realms_.begin());
    }
    auto& remembered = realms_[key];
    if (!remembered) remembered = std::make_shared<std::string>();
    realm = remembered;
  }
  return std::make_shared<DigestSession>(
      account.authentication_name.empty() ? account.login : account.authentication_name,
      account.password, std::move(realm));
}

void Core::set_service_route(const Account& account, std::vector<std::string> routes) {
  constexpr size_t kMaxRoutes = 16;
  if (routes.size() > kMaxRoutes) routes.resize(kMaxRoutes);
  if (routes.empty()) {
    service_routes_.erase(account_key(account));
  } else {
    service_routes_.insert_or_assign(account_key(account), std::move(routes));
  }
}

Call* Core::find_call(CallHandle handle) {
  const auto at = calls_.find(handle);
  return at == calls_.end() ? nullptr : at->second.get();
}

void Core::index_dialog(const std::string& call_id, const std::string& local_tag,
                        CallHandle handle) {
  dialogs_[dialog_key(call_id, local_tag)] = handle;
}

void Core::retire(CallHandle handle, const std::string& call_id, const std::string& local_tag) {
  const auto at = calls_.find(handle);
  if (at == calls_.end()) return;
  dialogs_.erase(dialog_key(call_id, local_tag));
  invites_.erase(at->second->invite_key());
  merged_.erase(at->second->merge_key());
  graveyard_.push_back(std::move(at->second));
  calls_.erase(at);
}

Registration* Core::find_registration(RegistrationHandle handle) {
  const auto at = registrations_.find(handle);
  return at == registrations_.end() ? nullptr : at->second.get();
}

void Core::retire_registration(RegistrationHandle handle) {
  const auto at = registrations_.find(handle);
  if (at == registrations_.end()) return;
  ended_registrations_.push_back(std::move(at->second));
  registrations_.erase(at);
}

Result<CallHandle> Core::invite(const Account& account, std::string_view callee, std::string sdp,
                                CallObserver& observer, const Referral& referral) {
  if (calls_.size() >= options.max_calls) return fail(Errc::Exhausted, "too many SIP calls");
  auto destination = resolve_callee(account, callee);
  if (!destination) return std::unexpected(destination.error());
  if (account.login.empty()) return fail(Errc::InvalidArgument, "the SIP login is empty");
  if (const auto at = service_routes_.find(account_key(account)); at != service_routes_.end()) {
    use_service_route(at->second, *destination);
  }
  const CallHandle handle = next_handle_++;
  Call& call = *(calls_[handle] = std::make_unique<Call>(*this, handle));
  call.start(account, std::move(*destination), std::move(sdp), observer, referral);
  return handle;
}

RegistrationHandle Core::register_account(const Account& account, RegistrationObserver& observer) {
  const RegistrationHandle handle = next_handle_++;
  Registration& registration =
      *(registrations_[handle] = std::make_unique<Registration>(*this, handle, account, observer));
  registration.start();
  return handle;
}

void Core::unregister(RegistrationHandle handle) {
  if (Registration* registration = find_registration(handle)) registration->remove();
}

void Core::on_flow_lost(Transport transport, const SocketAddress& peer) {
  for (const auto& [handle, registration] : registrations_) {
    registration->on_flow_lost(transport, peer);
  }
}

void Core::on_timer() {
  while (const auto action = timers.take_due(now)) action();
}

}  // namespace sipcast::sip
