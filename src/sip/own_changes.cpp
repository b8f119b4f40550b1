// What we change in an established call: re-INVITE with a new offer, UPDATE or re-INVITE as a
// session refresh (RFC 3261 §14.1, RFC 3311, RFC 4028), and what becomes of them.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"
#include "sip/call.hpp"
#include "sip/core.hpp"
#include "sip/own_change.hpp"

namespace sipcast::sip {

void Call::reoffer(std::string sdp) {
  if (state_ == State::Ending || state_ == State::Ended) return;
  wanted_offer_ = std::move(sdp);
  send_next_change();
}

void Call::send_next_change() {
  if (state_ != State::Established || awaited_ack_ || change_ || waiting_to_retry_) return;
  if (!wanted_offer_ && !refresh_wanted_) return;
  change_ = std::make_shared<OwnChange>();
  change_->dialog = dialog_;
  change_->session = session_;
  change_->offer = wanted_offer_.has_value();
  const bool update = !change_->offer && dialog_->peer_allows_update;
  change_->method = update ? "UPDATE" : "INVITE";
  if (change_->offer) {
    change_->sdp = *std::exchange(wanted_offer_, std::nullopt);
  } else if (!update) {
    change_->sdp = sdp_;
  }
  refresh_wanted_ = false;  // each of them refreshes
  send_change();
}

void Call::send_change() {
  OwnChange& change = *change_;
  Message request = change.dialog->request(change.method, ++change.dialog->local_cseq);
  request.add("Contact", contact_);
  const bool we_refresh = !session_interval_ || session_interval_->we_refresh;
  ask_for_session_timer(
      request, session_wish_,
      we_refresh ? SessionExpires::Refresher::Uac : SessionExpires::Refresher::Uas);
  if (change.tries.www + change.tries.proxy > 0) change.session->authorize(request);
  if (!change.sdp.empty()) request.set_body("application/sdp", change.sdp);
  change.request =
      core_
          .start(std::move(request), change.dialog->next_hop(),
                 [&core = core_, handle = handle_, change = change_](const ClientEvent& event) {
                   on_change_event(core, handle, change, event);
                 })
          .request;
}

void Call::on_change_event(Core& core, CallHandle handle, const std::shared_ptr<OwnChange>& change,
                           const ClientEvent& event) {
  const int status = event.status();
  if (status >= 100 && status < 200) return;
  const bool success = status >= 200 && status < 300;
  if (success && change->method == "INVITE") {
    if (change->ack) return core.resend(*change->ack);
    change->dialog->refresh_target(event.response->message);
    Message ack = change->dialog->request("ACK", event.response->cseq);
    for (const std::string_view credentials : {"Authorization", "Proxy-Authorization"}) {
      const std::string* value = change->request.find(credentials);
      if (value) ack.add(credentials, *value);
    }
    change->ack = core.send_ack(std::move(ack), change->dialog->next_hop());
  }
  Call* call = core.find_call(handle);
  if (!call || call->change_ != change || call->state_ != State::Established) return;
  if (success) return call->on_change_done(*event.response);
  call->on_change_failed(event);
}

void Call::on_change_done(const Received& response) {
  const auto change = std::exchange(change_, nullptr);
  dialog_->refresh_target(response.message);
  dialog_->note_allow(response.message);
  set_session_interval(session_agreed_by(response.message));
  if (!change->sdp.empty()) sdp_ = change->sdp;
  const std::string_view answer = response.message.sdp();
  if (observer_ && !answer.empty()) observer_->on_reoffer_answered(answer);
  send_next_change();
}

void Call::on_change_failed(const ClientEvent& event) {
  const int status = event.status();
  OwnChange& change = *change_;
  if (event.kind != ClientEvent::Kind::Response || status == 408 || status == 481) {  // §12.2.1.2
    return send_bye(
        {.sip_status = status,
         .cause = event.kind == ClientEvent::Kind::Response
                      ? fmt::format("the phone no longer knows this call: {} to {}",
                                    failure_text(event.response->message), change.method)
                      : "the phone is gone: " + event.cause,
         .timeout = event.kind == ClientEvent::Kind::Timeout});
  }
  const Message& response = event.response->message;
  if ((status == 401 || status == 407) && session_ &&
      session_->challenged(response, change.tries, DigestSession::Learn::No)) {
    return send_change();
  }
  if (status == 422 && raise_session_expires(response)) return send_change();
  if (status == 491) return retry_change_later();
  const auto failed = std::exchange(change_, nullptr);
  if (!failed->offer && failed->method == "UPDATE") {
    dialog_->peer_allows_update = false;  // it said so, and refuses: a re-INVITE is our last try
    refresh_wanted_ = true;
    return send_next_change();
  }
  core_.log.info("{} of SIP call {} was refused: {}", failed->offer ? "a new offer" : "the refresh",
                 printable(call_id_, 60), failure_text(response));
  if (failed->offer && observer_) {
    observer_->on_reoffer_failed({.sip_status = status,
                                  .cause = failure_text(response),
                                  .sdp = std::string(response.sdp())});
  }
  send_next_change();
}

/// §14.1: whoever made the Call-ID waits longer than the other side.
void Call::retry_change_later() {
  const auto change = std::exchange(change_, nullptr);
  if (change->offer && !wanted_offer_) wanted_offer_ = change->sdp;
  if (!change->offer) refresh_wanted_ = true;
  const uint32_t steps = random_u32();
  const auto wait =
      std::chrono::milliseconds(invite_key_.empty() ? 2100 + steps % 191 * 10 : steps % 201 * 10);
  waiting_to_retry_ = true;
  change_retry_ = core_.timers.at(core_.now + wait, [this] {
    waiting_to_retry_ = false;
    send_next_change();
  });
}

bool Call::raise_session_expires(const Message& response) {
  const auto least = parse_decimal(trim(cut(response.get("Min-SE"), ';').first), 86'400);
  if (!least || session_wish_.expires == Duration::zero()) return false;
  const Duration min = std::chrono::seconds(*least);
  if (min <= session_wish_.min && min <= session_wish_.expires) return false;  // asked already
  session_wish_.min = std::max(session_wish_.min, min);
  session_wish_.expires = std::max(session_wish_.expires, min);
  return true;
}

/// RFC 4028 §10: refreshed at half of the interval; whoever waits for the other's refresh gives up
/// a little before its end.
void Call::set_session_interval(const std::optional<SessionInterval>& interval) {
  session_interval_ = interval;
  refresh_.stop();
  expiry_.stop();
  if (!interval) return;
  const Duration whole = interval->interval;
  if (interval->we_refresh) {
    refresh_ = core_.timers.at(core_.now + whole / 2, [this] {
      refresh_wanted_ = true;
      send_next_change();
    });
  }
  const Duration early = std::min<Duration>(std::chrono::seconds(32), whole / 3);
  const Duration wait = interval->we_refresh ? whole : whole - early;
  expiry_ = core_.timers.at(core_.now + wait, [this, wait, we = interval->we_refresh] {
    if (state_ != State::Established) return;
    send_bye({.cause = fmt::format(
                  "the session timer ran out: {} within {} s (RFC 4028)",
                  we ? "no refresh of ours was accepted" : "the phone did not refresh the call",
                  std::chrono::duration_cast<std::chrono::seconds>(wait).count()),
              .timeout = true});
  });
}

}  // namespace sipcast::sip
