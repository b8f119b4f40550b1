#include "sip/registration.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/random.hpp"
#include "base/text.hpp"
#include "sip/core.hpp"

namespace sipcast::sip {
namespace {
constexpr int64_t kMaxExpires = 86'400;    // s: what a registrar may ask for by 423
constexpr uint64_t kMaxRetryAfter = 3600;  // s

/// RFC 5626 §4.5: doubled after each failure, of which a random part above one half is waited for,
/// so that clients of a registrar that comes back do not come all at once.
Duration back_off(int failures) {
  constexpr auto kBase = std::chrono::seconds(30), kMost = std::chrono::seconds(1800);
  const Duration most = std::min<Duration>(kMost, kBase * (1 << std::min(failures, 6)));
  return most / 2 + most / 2 * (random_u32() % 1000) / 1000;
}
}  // namespace

Registration::Registration(Core& core, RegistrationHandle handle, const Account& account,
                           RegistrationObserver& observer)
    : core_(core),
      handle_(handle),
      account_(account),
      observer_(&observer),
      call_id_(random_token(24)),
      from_tag_(random_token(12)),
      session_(core.digest_session(account)),
      expires_s_(std::chrono::duration_cast<std::chrono::seconds>(core.options.registration_expires)
                     .count()) {}

void Registration::start() {
  auto destination = resolve_registrar(account_);
  if (!destination) {  // told from on_timer, as all that observers hear
    refresh_ = core_.timers.at(
        core_.now, [this, cause = destination.error().cause] { fail_with({.cause = cause}); });
    return;
  }
  destination_ = std::move(*destination);
  contact_ = core_.contact(escape_user(account_.login), destination_.target);
  send();
}

void Registration::send() {
  const NameAddr to{.display_name = {}, .uri = address_of_record(account_), .params = {}};
  NameAddr from = to;
  from.display_name = account_.display_name;
  from.params.set("tag", from_tag_);
  Message request;
  request.method = "REGISTER";
  request.request_uri = destination_.request_uri;
  for (const std::string& route : destination_.routes) request.add("Route", route);
  request.add("Max-Forwards", "70");
  request.add("From", from.to_string());
  request.add("To", to.to_string());
  request.add("Call-ID", call_id_);
  request.add("CSeq", fmt::format("{} REGISTER", ++cseq_));
  request.add("Contact", contact_);
  request.add("Expires", std::to_string(removing_ ? 0 : expires_s_));
  session_->authorize(request);
  under_way_ = true;
  sent_removal_ = removing_;
  const auto report = [&core = core_, handle = handle_](const ClientEvent& event) {
    if (Registration* registration = core.find_registration(handle)) registration->on_event(event);
  };
  branch_ = core_.start(std::move(request), destination_.target, report).branch;
}

void Registration::remove() {
  if (removing_) return;
  observer_ = nullptr;
  removing_ = true;
  refresh_.stop();
  tries_ = {};
  if (under_way_) return;  // §10.2: one REGISTER at a time; on_event goes on
  if (!bound_) return core_.retire_registration(handle_);
  send();
}

void Registration::on_event(const ClientEvent& event) {
  if (event.status() >= 100 && event.status() < 200) return;
  under_way_ = false;
  flow_ = event.from;
  if (core_.fail_over(event, destination_.target, branch_)) return send();
  if (event.kind != ClientEvent::Kind::Response) {
    return on_trouble({.cause = event.cause,
                       .timeout = event.kind == ClientEvent::Kind::Timeout,
                       .unreachable = event.kind == ClientEvent::Kind::Unreachable},
                      Duration{});
  }
  if (event.status() < 300) return on_success(*event.response);
  retry(*event.response);
}

void Registration::on_success(const Received& response) {
  tries_ = {};
  if (removing_) {
    if (sent_removal_) return core_.retire_registration(handle_);
    return send();  // this answered the REGISTER before: once more, with Expires 0
  }
  const int64_t seconds = granted(response.message);
  if (seconds <= 0) return fail_with({.cause = "the registrar granted no time: expires=0"});
  bound_ = true;
  failures_ = 0;
  registered_at_ = core_.now;
  core_.set_service_route(account_, response.message.values("Service-Route"));
  refresh_ =
      core_.timers.at(core_.now + std::chrono::milliseconds(seconds * 800), [this] { send(); });
  if (observer_) observer_->on_registered(std::chrono::seconds(seconds));
}

/// §10.2.4: the Contact that is ours, else Expires, else what we asked for.
int64_t Registration::granted(const Message& response) const {
  const auto mine = NameAddr::parse(contact_);
  const auto my_uri = mine ? Uri::parse(mine->uri) : Result<Uri>(fail(Errc::Internal));
  for (const std::string& text : response.values("Contact")) {
    const auto contact = NameAddr::parse(text);
    const auto uri = contact ? Uri::parse(contact->uri) : Result<Uri>(fail(Errc::BadSyntax));
    if (!uri || !my_uri || uri->user != my_uri->user || !iequals(uri->host, my_uri->host) ||
        uri->port != my_uri->port) {
      continue;
    }
    if (const auto value = parse_decimal(contact->params.get("expires"), kMaxExpires)) {
      return static_cast<int64_t>(*value);
    }
  }
  if (const auto value = parse_decimal(response.get("Expires"), kMaxExpires)) {
    return static_cast<int64_t>(*value);
  }
  return expires_s_;
}

void Registration::retry(const Received& response) {
  const Message& message = response.message;
  if (removing_ && !sent_removal_ && !bound_) return core_.retire_registration(handle_);
  if (message.status == 401 || message.status == 407) {
    const auto taken = session_->challenged(message, tries_, DigestSession::Learn::Yes);
    if (taken) return send();
    return fail_with({.sip_status = message.status, .cause = taken.error().cause});
  }
  if (message.status == 423 && !removing_) {
    const auto least = parse_decimal(message.get("Min-Expires"), kMaxExpires);
    if (least && static_cast<int64_t>(*least) > expires_s_) {
      expires_s_ = static_cast<int64_t>(*least);
      return send();
    }
  }
  std::string cause = failure_text(message);
  if (message.status == 403 && session_->has_answered()) {
    cause += fmt::format(" after credentials for realm \"{}\"", printable(session_->realm(), 80));
  }
  Ending ending{.sip_status = message.status, .cause = std::move(cause)};
  if (message.status != 408 && message.status < 500) return fail_with(std::move(ending));
  const auto after = parse_decimal(cut(message.get("Retry-After"), ' ').first, kMaxRetryAfter);
  on_trouble(std::move(ending), std::chrono::seconds(after.value_or(0)));
}

void Registration::on_flow_lost(Transport transport, const SocketAddress& peer) {
  if (is_reliable(transport) != is_reliable(destination_.target.transport)) return;
  if (!bound_ || removing_ || under_way_ || failures_ > 0 || !(peer == flow_)) return;
  // Not all clients at once, and no loop with a registrar that closes after each answer.
  const bool lasted = core_.now - registered_at_ >= std::chrono::seconds(30);
  const Duration pause =
      lasted ? Duration(std::chrono::milliseconds(random_u32() % 1000)) : back_off(0);
  refresh_ = core_.timers.at(core_.now + pause, [this] { send(); });
}

void Registration::on_trouble(Ending ending, Duration at_least) {
  if (!bound_ || removing_) return fail_with(std::move(ending));
  const Duration pause = std::max(at_least, back_off(failures_++));
  core_.log.warning("SIP registration of {} was lost: {}; the next try is in {} s",
                    printable(account_.login, 80), ending.cause,
                    std::chrono::duration_cast<std::chrono::seconds>(pause).count());
  refresh_ = core_.timers.at(core_.now + pause, [this] { send(); });
}

void Registration::fail_with(Ending ending) {
  core_.log.info("SIP registration of {} failed: {}", printable(account_.login, 80), ending.cause);
  core_.set_service_route(account_, {});
  RegistrationObserver* observer = std::exchange(observer_, nullptr);
  core_.retire_registration(handle_);
  if (observer) observer->on_registration_failed(ending);
}

}  // namespace sipcast::sip
