#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"
#include "sip/call.hpp"
#include "sip/core.hpp"

namespace sipcast::sip {
namespace {
constexpr size_t kMaxForks = 16;
}

/// One INVITE as it was sent, and every 2xx that came for it. Lives as long as its transaction: a
/// 2xx may come again, or from another fork, when the call is long over.
struct Forks {
  Sent invite;
  std::shared_ptr<DigestSession> session;
  std::map<std::string, Core::SentAck> acks;  ///< by remote tag
  bool won = false;
};

void Call::start(const Account& account, Destination destination, std::string sdp,
                 CallObserver& observer, const Referral& referral) {
  account_ = account;
  referral_ = referral;
  destination_ = std::move(destination);
  to_ = destination_.request_uri;
  sdp_ = std::move(sdp);
  observer_ = &observer;
  call_id_ = random_token(24);
  local_tag_ = random_token(12);
  contact_ = core_.contact(escape_user(account.login), destination_.target,
                           destination_.request_uri.starts_with("sips:"));
  session_ = core_.digest_session(account);
  core_.index_dialog(call_id_, local_tag_, handle_);
  send_invite();
}

void Call::send_invite() {
  NameAddr from{
      .display_name = account_.display_name, .uri = address_of_record(account_), .params = {}};
  from.params.set("tag", local_tag_);
  Message request;
  request.method = "INVITE";
  request.request_uri = destination_.request_uri;
  for (const std::string& route : destination_.routes) request.add("Route", route);
  request.add("Max-Forwards", "70");
  request.add("From", from.to_string());
  request.add("To", '<' + to_ + '>');
  request.add("Call-ID", call_id_);
  request.add("CSeq", fmt::format("{} INVITE", ++cseq_));
  request.add("Contact", contact_);
  request.add("Supported", core_.supported());
  if (!referral_.referred_by.empty()) request.add("Referred-By", referral_.referred_by);
  if (!referral_.replaces.empty()) {
    request.add("Replaces", referral_.replaces);
    request.add("Require", "replaces");
  }
  ask_for_session_timer(request, session_wish_, SessionExpires::Refresher::Unsaid);
  session_->authorize(request);
  if (!sdp_.empty()) request.set_body("application/sdp", sdp_);
  state_ = State::Calling;
  early_.clear();
  forks_ = std::make_shared<Forks>();
  forks_->session = session_;
  forks_->invite =
      core_.start(std::move(request), destination_.target,
                  [&core = core_, handle = handle_, forks = forks_](const ClientEvent& event) {
                    on_invite_event(core, handle, forks, event);
                  });
}

void Call::on_invite_event(Core& core, CallHandle handle, const std::shared_ptr<Forks>& forks,
                           const ClientEvent& event) {
  Call* call = core.find_call(handle);
  if (call && call->forks_ != forks) call = nullptr;
  const int status = event.status();
  if (status < 200 || status >= 300) {
    if (!call || (call->state_ != State::Calling && call->state_ != State::Proceeding)) return;
    if (status >= 100 && status < 200) return call->on_provisional(event);
    return call->on_failure(event);
  }
  const std::string tag = event.response->to_tag();
  if (const auto again = forks->acks.find(tag); again != forks->acks.end()) {
    return core.resend(again->second);
  }
  if (forks->acks.size() >= kMaxForks) return;
  auto dialog = std::make_shared<Dialog>(
      Dialog::from_response(forks->invite.request, *event.response, forks->invite.target));
  Message ack = dialog->request("ACK", event.response->cseq);
  for (const std::string_view credentials : {"Authorization", "Proxy-Authorization"}) {  // §22.1
    const std::string* value = forks->invite.request.find(credentials);
    if (value) ack.add(credentials, *value);
  }
  forks->acks[tag] = core.send_ack(std::move(ack), dialog->next_hop());
  if (call && !forks->won) {
    forks->won = true;
    return call->on_success(event, std::move(dialog));
  }
  core.send_in_dialog(std::make_shared<InDialogRequest>(InDialogRequest{.dialog = std::move(dialog),
                                                                        .method = "BYE",
                                                                        .headers = {},
                                                                        .content_type = {},
                                                                        .body = {},
                                                                        .session = forks->session,
                                                                        .done = {}}));
}

void Call::on_provisional(const ClientEvent& event) {
  const Received& response = *event.response;
  state_ = State::Proceeding;
  const std::string tag = response.to_tag();
  if (event.status() > 100 && !tag.empty() && early_.size() < kMaxForks && !early_.contains(tag)) {
    early_[tag].dialog = std::make_shared<Dialog>(
        Dialog::from_response(forks_->invite.request, response, forks_->invite.target));
  }
  const auto early = early_.find(tag);
  if (early != early_.end() && !acknowledge_provisional(response, early->second)) return;
  if (hangup_wanted_) return send_cancel();
  if (event.status() > 100 && observer_) {
    observer_->on_provisional(event.status(), response.message.reason, response.message.sdp());
  }
}

void Call::on_success(const ClientEvent& event, std::shared_ptr<Dialog> dialog) {
  const Message& response = event.response->message;
  std::string sdp(response.sdp());
  if (const auto at = early_.find(dialog->remote_tag); at != early_.end()) {
    const EarlyDialog& early = at->second;
    dialog->remote_cseq = early.dialog->remote_cseq;
    dialog->local_cseq = std::max(dialog->local_cseq, early.dialog->local_cseq);
    // The answer came reliably before the 200 and counts (RFC 3262 §5).
    if (!early.answer.empty()) sdp = early.reoffered ? "" : early.answer;
  }
  early_.clear();
  cancel_give_up_.stop();
  dialog_ = std::move(dialog);
  source_ = forks_->invite.target;
  state_ = State::Established;
  dialog_->note_allow(response);
  set_session_interval(session_agreed_by(response));
  if (hangup_wanted_) return send_bye({.cause = "cancelled while it was answered"});
  if (observer_) observer_->on_answered(sdp, event.from);
  send_next_change();
}

void Call::on_failure(const ClientEvent& event) {
  const Sent& invite = forks_->invite;
  if (!hangup_wanted_ && core_.fail_over(event, invite.target, invite.branch)) {
    return send_invite();
  }
  if (event.kind != ClientEvent::Kind::Response) {
    return end({.cause = event.cause,
                .timeout = event.kind == ClientEvent::Kind::Timeout,
                .unreachable = event.kind == ClientEvent::Kind::Unreachable});
  }
  const Message& response = event.response->message;
  Ending ending{.sip_status = response.status,
                .cause = failure_text(response),
                .sdp = std::string(response.sdp())};
  if (hangup_wanted_) {
    ending.cause = "cancelled before it was answered (" + ending.cause + ')';
    return end(std::move(ending));
  }
  if (response.status == 401 || response.status == 407) {
    if (retry_with_credentials(*event.response, ending.cause)) return send_invite();
  } else if (response.status == 403 && session_->has_answered()) {
    ending.cause +=
        fmt::format(" after credentials for realm \"{}\"", printable(session_->realm(), 80));
  } else if (response.status == 422) {
    if (raise_session_expires(response)) return send_invite();
  } else if (response.status < 400) {
    if (follow_redirect(response)) return send_invite();
    ending.cause +=
        ": redirected to " + printable(response.get("Contact"), 120) + ", which is not followed";
  } else if (response.status == 408) {
    ending.cause +=
        fmt::format(", said by {}: it heard nothing from the phone", event.from.to_string());
  }
  if (response.status < 600 && follow_redirect(response)) return send_invite();
  end(std::move(ending));
}

/// §8.1.3.4: the next URI that a 3xx gave, in the order of q. A failure goes on with the rest.
bool Call::follow_redirect(const Message& response) {
  if (redirects_followed_ >= core_.options.max_redirects) return false;
  if (response.status < 400) {
    std::multimap<double, std::string, std::greater<>> found;  // of equal ones the first
    for (const std::string& text : response.values("Contact")) {
      const auto contact = NameAddr::parse(text);
      const auto uri = contact ? Uri::parse(contact->uri) : Result<Uri>(fail(Errc::BadSyntax));
      if (!uri || uri->secure) continue;
      Uri plain = *uri;
      plain.headers.clear();
      if (core_.options.may_redirect && !core_.options.may_redirect(plain.to_string())) continue;
      const std::string q = contact->params.get("q");
      found.emplace(q.empty() ? 1.0 : std::strtod(q.c_str(), nullptr), plain.to_string());
    }
    for (const auto& [q, uri] : found) {
      const bool known = std::ranges::find(redirected_to_, uri) != redirected_to_.end();
      if (uri != to_ && !known) redirected_to_.push_back(uri);
    }
  }
  if (redirects_followed_ >= redirected_to_.size()) return false;
  const std::string& next = redirected_to_[redirects_followed_++];
  core_.log.info("SIP call {} is redirected to {}", printable(call_id_, 60), loggable_uri(next));
  destination_.request_uri = next;
  if (!account_.outbound_proxy) destination_.target = target_of(next, destination_.target);
  tries_ = {};
  return true;
}

bool Call::retry_with_credentials(const Received& response, std::string& problem) {
  const auto taken = session_->challenged(response.message, tries_, DigestSession::Learn::Yes);
  if (taken) return true;
  problem = taken.error().cause;
  core_.log.info("SIP call {} is not authorised: {}", printable(call_id_, 60), problem);
  return false;
}

/// §9.1: same Request-URI, Via, From, To, Call-ID, number and Route as the INVITE.
void Call::send_cancel() {
  if (cancel_sent_) return;
  cancel_sent_ = true;
  const Sent& invite = forks_->invite;
  Message cancel;
  cancel.method = "CANCEL";
  cancel.request_uri = invite.request.request_uri;
  for (const auto& header : invite.request.headers) {
    for (const std::string_view kept : {"Via", "Route", "Max-Forwards", "From", "To", "Call-ID"}) {
      if (header.name == kept) cancel.add(header.name, header.value);
    }
  }
  cancel.add("CSeq", fmt::format("{} CANCEL", cseq_));
  core_.table.start_client(std::move(cancel), invite.branch, invite.target, {});
  cancel_give_up_ = core_.timers.at(core_.now + 64 * core_.options.t1, [this] {
    core_.table.abandon_client(forks_->invite.branch, "INVITE");
    end({.cause = "cancelled; no final answer to INVITE from " + describe(forks_->invite.target),
         .timeout = true});
  });
}

}  // namespace sipcast::sip
