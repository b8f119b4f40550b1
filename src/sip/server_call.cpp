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
  early_[invite.from_tag()] =
      std::make_shared<Dialog>(Dialog::from_request(invite, local_tag_, source));
  core_.index_dialog(call_id_, local_tag_, handle_);
}

void Call::ring(int status, std::string sdp) {
  if (state_ != State::Incoming || status <= 100 || status >= 200) return;
  Message response = core_.response_to(*invite_, status, local_tag_);
  response.add("Contact", contact_);
  if (!sdp.empty()) response.set_body("application/sdp", std::move(sdp));
  core_.respond(invite_key_, response);
}

void Call::accept(std::string sdp, CallObserver& observer) {
  if (state_ != State::Incoming) return;
  observer_ = &observer;
  dialog_ = early_.begin()->second;
  early_.clear();
  state_ = State::AwaitingAck;
  Message response = core_.response_to(*invite_, 200, local_tag_);
  response.add("Contact", contact_);
  if (!sdp.empty()) response.set_body("application/sdp", std::move(sdp));
  const bool late_answer = invite_->message.sdp().empty();
  send_2xx(invite_key_, std::move(response), invite_->cseq, late_answer);
}

void Call::reject(int status) {
  if (state_ != State::Incoming) return;
  status = std::clamp(status, 300, 699);
  core_.respond(invite_key_, core_.response_to(*invite_, status, local_tag_));
  end({.sip_status = status, .cause = fmt::format("rejected with SIP {}", status)});
}

void Call::on_cancelled(const std::string& cause) {
  if (state_ != State::Incoming) return;
  core_.respond(invite_key_, core_.response_to(*invite_, 487, local_tag_));
  end({.sip_status = 487, .cause = cause, .by_peer = true});
}

}  // namespace sipcast::sip
