#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"
#include "sip/call.hpp"
#include "sip/core.hpp"

namespace sipcast::sip {

void Call::offered(const Received& invite, const std::string& key, const Target& source) {
  state_ = State::Incoming;
  call_id_ = invite.call_id;
  local_tag_ = random_token(12);
  invite_key_ = key;
  merge_key_ = fmt::format("{} {} {}", invite.call_id, invite.from_tag(), invite.cseq);
  invite_ = std::make_unique<Received>(invite);
  source_ = source;
  session_ = nullptr;  // nobody has credentials for the caller
  const auto uri = Uri::parse(invite.message.request_uri);
  contact_ =
      core_.contact(uri && !uri->user.empty() ? uri->user : "sipcast", source, uri && uri->secure);
  EarlyDialog& early = early_[invite.from_tag()];
  early.dialog = std::make_shared<Dialog>(Dialog::from_request(invite, local_tag_, source));
  early.dialog->note_allow(invite.message);
  core_.index_dialog(call_id_, local_tag_, handle_);
}

void Call::ring(int status, std::string sdp) {
  if (state_ != State::Incoming || status <= 100 || status >= 200) return;
  if (unacknowledged_) {
    next_ring_ = NextRing{status, std::move(sdp)};
    return;
  }
  // Without their offer it would be ours, and the PRACK the answer: ours goes into the 200.
  if (invite_->message.sdp().empty()) sdp.clear();
  Message response = core_.response_to(*invite_, status, local_tag_);
  response.add("Contact", contact_);
  const bool reliable = has_tag(invite_->message, "Require", "100rel") ||
                        (!sdp.empty() && has_tag(invite_->message, "Supported", "100rel"));
  if (!sdp.empty()) response.set_body("application/sdp", std::move(sdp));
  if (reliable) return send_reliably(std::move(response));
  core_.respond(invite_key_, response);
}

void Call::accept(std::string sdp, CallObserver& observer) {
  if (state_ != State::Incoming) return;
  observer_ = &observer;
  if (unacknowledged_) {  // RFC 3262 §3: first the PRACK
    accept_wanted_ = std::move(sdp);
    return;
  }
  dialog_ = early_.begin()->second.dialog;
  early_.clear();
  state_ = State::AwaitingAck;
  Message response = core_.response_to(*invite_, 200, local_tag_);
  response.add("Contact", contact_);
  response.add("Supported", core_.supported());
  add_session_timer(*invite_, response);
  sdp_ = sdp;
  if (!sdp.empty()) response.set_body("application/sdp", std::move(sdp));
  const bool late_answer = invite_->message.sdp().empty();
  send_2xx(invite_key_, std::move(response), invite_->cseq, late_answer);
}

void Call::challenge(const std::vector<std::string>& challenges) {
  std::vector<Message::Header> headers;
  headers.reserve(challenges.size());
  for (const std::string& value : challenges) headers.push_back({"WWW-Authenticate", value});
  reject(401, headers);
}

void Call::reject(int status, const std::vector<Message::Header>& headers) {
  if (state_ != State::Incoming) return;
  status = std::clamp(status, 300, 699);
  Message response = core_.response_to(*invite_, status, local_tag_);
  for (const auto& [name, value] : headers) response.add(name, value);
  core_.respond(invite_key_, response);
  end({.sip_status = status, .cause = fmt::format("rejected with SIP {}", status)});
}

void Call::on_cancelled(const std::string& cause) {
  if (state_ != State::Incoming) return;
  core_.respond(invite_key_, core_.response_to(*invite_, 487, local_tag_));
  lost_before_answer({.sip_status = 487, .cause = cause, .by_peer = true});
}

/// The call is over before it was answered, and not by our user.
void Call::lost_before_answer(Ending ending) {
  const bool unanswered = !observer_;
  end(ending);
  if (unanswered && core_.cancelled_handler) core_.cancelled_handler(handle_, ending);
}

}  // namespace sipcast::sip
