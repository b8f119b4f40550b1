#include "sip/call.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/text.hpp"
#include "sip/core.hpp"
#include "sip/own_change.hpp"

namespace sipcast::sip {
namespace {

constexpr int kMaxInfosUnderWay = 4;

std::string with_reason(std::string text, const Message& message) {
  const std::string reason = message.get("Reason");
  if (!reason.empty()) text += " (" + printable(reason, 120) + ')';
  return text;
}

}  // namespace

Call::Call(Core& core, CallHandle handle)
    : core_(core),
      handle_(handle),
      state_(State::Calling),
      session_wish_{.expires = core.options.session_expires,
                    .min = core.options.min_session_expires} {}

void Call::end(Ending ending) {
  if (state_ == State::Ended) return;
  state_ = State::Ended;
  awaited_ack_.reset();
  unacknowledged_.reset();
  for (Timer* timer :
       {&cancel_give_up_, &change_retry_, &refresh_, &expiry_, &our_refer_give_up_}) {
    timer->stop();
  }
  core_.log.debug("SIP call {} ended: {}", printable(call_id_, 60), ending.cause);
  core_.retire(handle_, call_id_, local_tag_);
  if (CallObserver* observer = std::exchange(observer_, nullptr)) observer->on_ended(ending);
}

void Call::forget() {
  observer_ = nullptr;
  hangup();
}

void Call::hangup() {
  switch (state_) {
    case State::Calling:  // §9.1: CANCEL waits for a provisional answer
      hangup_wanted_ = true;
      return;
    case State::Proceeding:
      hangup_wanted_ = true;
      return send_cancel();
    case State::Incoming:
      return reject(480);
    case State::AwaitingAck:  // §15: the callee's BYE waits for the ACK
      hangup_wanted_ = true;
      return;
    case State::Established:
      return send_bye({.cause = "hung up"});
    case State::Ending:
    case State::Ended:
      return;
  }
}

void Call::send_bye(Ending ending) {
  state_ = State::Ending;
  awaited_ack_.reset();
  core_.send_in_dialog(std::make_shared<InDialogRequest>(
      InDialogRequest{.dialog = dialog_,
                      .method = "BYE",
                      .headers = {},
                      .content_type = {},
                      .body = {},
                      .session = session_,
                      .done = [&core = core_, handle = handle_, ending](const ClientEvent&) {
                        if (Call* call = core.find_call(handle)) call->end(ending);
                      }}));
}

void Call::send_info(std::string content_type, std::string body) {
  if (state_ != State::Established || infos_under_way_ >= kMaxInfosUnderWay) return;
  ++infos_under_way_;
  core_.send_in_dialog(std::make_shared<InDialogRequest>(
      InDialogRequest{.dialog = dialog_,
                      .method = "INFO",
                      .headers = {},
                      .content_type = std::move(content_type),
                      .body = std::move(body),
                      .session = session_,
                      .done = [&core = core_, handle = handle_](const ClientEvent& event) {
                        Call* call = core.find_call(handle);
                        if (!call) return;
                        --call->infos_under_way_;
                        if (event.status() == 481 && call->state_ == State::Established) {
                          call->send_bye({.sip_status = 481,
                                          .cause = "the phone no longer knows this call: SIP "
                                                   "481 to INFO"});
                        }
                      }}));
}

std::shared_ptr<Dialog> Call::dialog_with(const std::string& remote_tag) const {
  if (dialog_ && dialog_->remote_tag == remote_tag) return dialog_;
  if (dialog_) return nullptr;
  const auto at = early_.find(remote_tag);
  return at == early_.end() ? nullptr : at->second.dialog;
}

void Call::reply(const Received& request, const std::string& key, int status) {
  core_.respond(key, core_.response_to(request, status, local_tag_));
}

void Call::on_request(const Received& request, const std::string& key) {
  const auto dialog = dialog_with(request.from_tag());
  const std::string& method = request.message.method;
  if (!dialog || state_ == State::Ended) return reply(request, key, 481);
  if (!dialog->take_cseq(request.cseq)) return reply(request, key, 500);
  dialog->note_allow(request.message);
  if (method == "BYE") return on_bye(request, key);
  if (method == "OPTIONS") return reply(request, key, 200);
  if (state_ == State::Ending) return reply(request, key, 481);
  if (method == "INFO") return on_info(request, key);
  if (method == "PRACK") return on_prack(request, key);
  if (method == "REFER") return on_refer(request, key);
  if (method == "NOTIFY") return on_notify(request, key);
  if (session_too_short(request.message, session_wish_)) {
    Message response = core_.response_to(request, 422, local_tag_);
    response.add("Min-SE", core_.min_se());
    return core_.respond(key, response);
  }
  if (method == "UPDATE") return on_update(request, key);
  return on_reinvite(request, key);
}

void Call::on_bye(const Received& request, const std::string& key) {
  reply(request, key, 200);
  if (state_ == State::Calling || state_ == State::Proceeding) return;  // no callee may, §15
  if (state_ == State::Incoming)
    return on_cancelled(with_reason("the caller hung up (BYE)", request.message));
  end({.cause = with_reason("the phone hung up (BYE)", request.message), .by_peer = true});
}

void Call::on_info(const Received& request, const std::string& key) {
  const int status =
      observer_ ? observer_->on_info(request.message.get("Content-Type"), request.message.body)
                : 481;
  reply(request, key, status >= 200 && status < 700 ? status : 500);
}

void Call::on_update(const Received& request, const std::string& key) {
  const std::string_view sdp = request.message.sdp();
  if (sdp.empty() && !request.message.body.empty()) return reply(request, key, 415);
  const auto early = early_.find(request.from_tag());
  const bool early_answered = early != early_.end() && !early->second.answer.empty();
  const bool unanswered =
      state_ == State::Calling || state_ == State::Proceeding || state_ == State::Incoming;
  const bool offer_open = (unanswered && !early_answered) || (change_ && change_->offers()) ||
                          (awaited_ack_ && awaited_ack_->late_answer);
  if (!sdp.empty() && offer_open) return reply(request, key, 491);  // RFC 3311 §5.2
  if (const auto dialog = dialog_with(request.from_tag())) dialog->refresh_target(request.message);
  if (!sdp.empty()) {
    if (early_answered) early->second.reoffered = true;
    return answer_reoffer(request, key, sdp);
  }
  Message response = core_.response_to(request, 200, local_tag_);
  response.add("Contact", contact_);
  add_session_timer(request, response);
  core_.respond(key, response);
}

void Call::on_reinvite(const Received& request, const std::string& key) {
  const bool ours_is_open = change_ && change_->method == "INVITE";
  if (state_ != State::Established || awaited_ack_ || ours_is_open) {  // §14.2
    return reply(request, key, 491);
  }
  const std::string_view sdp = request.message.sdp();
  if (sdp.empty() && !request.message.body.empty()) return reply(request, key, 415);
  answer_reoffer(request, key, sdp);
}

void Call::answer_reoffer(const Received& request, const std::string& key, std::string_view sdp) {
  if (!observer_) return reply(request, key, 481);
  const auto answer = observer_->on_reoffer(sdp);
  if (!answer) {
    Message response = core_.response_to(request, 488, local_tag_);
    core_.add_warning(response, printable(answer.error().cause, 200));
    return core_.respond(key, response);
  }
  if (dialog_) dialog_->refresh_target(request.message);
  Message response = core_.response_to(request, 200, local_tag_);
  response.add("Contact", contact_);
  sdp_ = *answer;
  response.set_body("application/sdp", *answer);
  add_session_timer(request, response);
  if (request.message.method == "UPDATE" || state_ != State::Established) {
    return core_.respond(key, response);  // or the observer hung up meanwhile
  }
  send_2xx(key, std::move(response), request.cseq, sdp.empty());
}

void Call::add_session_timer(const Received& request, Message& response) {
  if (state_ != State::Established && state_ != State::AwaitingAck) return;
  set_session_interval(agree_session(request.message, session_wish_, response));
}

void Call::send_2xx(const std::string& key, Message response, uint32_t cseq, bool late_answer) {
  core_.respond(key, response);
  AwaitedAck& awaited = awaited_ack_.emplace();
  awaited.cseq = cseq;
  awaited.key = key;
  awaited.response = std::move(response);
  awaited.late_answer = late_answer;
  awaited.interval = core_.options.t1;
  awaited.give_up = core_.timers.at(core_.now + 64 * core_.options.t1, [this] {
    Ending ending{.cause = fmt::format("no ACK to our 200 OK from {}", describe(source_)),
                  .timeout = true};
    if (!dialog_) return end(std::move(ending));
    send_bye(std::move(ending));
  });
  arm_2xx();
}

void Call::arm_2xx() {
  awaited_ack_->retransmit = core_.timers.at(core_.now + awaited_ack_->interval, [this] {
    core_.respond(awaited_ack_->key, awaited_ack_->response);
    awaited_ack_->interval = std::min(2 * awaited_ack_->interval, core_.options.t2);
    arm_2xx();
  });
}

void Call::on_ack(const Received& request) {
  if (!awaited_ack_ || awaited_ack_->cseq != request.cseq || !dialog_ ||
      dialog_->remote_tag != request.from_tag()) {
    return;
  }
  const bool late_answer = awaited_ack_->late_answer;
  awaited_ack_.reset();
  if (state_ == State::AwaitingAck) state_ = State::Established;
  if (hangup_wanted_) return send_bye({.cause = "hung up"});
  if (late_answer && observer_) observer_->on_late_answer(request.message.sdp());
  send_next_change();
}

}  // namespace sipcast::sip
