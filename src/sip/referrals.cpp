// REFER (RFC 3515), both ways: what the peer asks us for, what we ask it for, and the NOTIFYs that
// tell what becomes of it.
#include <fmt/core.h>

#include <utility>

#include "base/text.hpp"
#include "sip/call.hpp"
#include "sip/core.hpp"
#include "sip/refer.hpp"

namespace sipcast::sip {
namespace {

/// How long a subscription of REFER lasts at most, on either side.
constexpr auto kReferralLasts = std::chrono::seconds(180);

}  // namespace

void Call::on_refer(const Received& request, const std::string& key) {
  if (!core_.options.take_refer) return reply(request, key, 405);
  if (state_ != State::Established || !observer_ || their_refer_) return reply(request, key, 491);
  const auto refer = read_refer(request.message);
  if (!refer) {
    Message response = core_.response_to(request, 400, local_tag_);
    core_.add_warning(response, printable(refer.error().cause, 200));
    return core_.respond(key, response);
  }
  const int status = observer_->on_refer(*refer);
  if (status < 200 || status >= 300) return reply(request, key, status);
  dialog_->refresh_target(request.message);
  Message response = core_.response_to(request, 202, local_tag_);
  response.add("Contact", contact_);
  const bool silent = wants_no_subscription(request.message);
  if (silent) response.add("Refer-Sub", "false");
  their_refer_ = TheirRefer{.cseq = request.cseq, .silent = silent};
  core_.respond(key, response);
  tell_refer_progress(100);  // §2.4.4: at once
}

void Call::tell_refer_progress(int status) {
  if (!their_refer_ || state_ != State::Established) return;
  const TheirRefer refer = *their_refer_;
  const bool over = status >= 200;
  if (over) their_refer_.reset();
  if (refer.silent) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(kReferralLasts).count();
  core_.send_in_dialog(std::make_shared<InDialogRequest>(InDialogRequest{
      .dialog = dialog_,
      .method = "NOTIFY",
      .headers = {{"Contact", contact_},
                  {"Event", fmt::format("refer;id={}", refer.cseq)},
                  {"Subscription-State", over ? std::string("terminated;reason=noresource")
                                              : fmt::format("active;expires={}", seconds)}},
      .content_type = "message/sipfrag;version=2.0",
      .body = fmt::format("SIP/2.0 {} {}\r\n", status, reason_phrase(status)),
      .session = session_,
      .done = {}}));
}

void Call::refer(std::string target) {
  if (state_ != State::Established || our_refer_) {
    if (observer_) observer_->on_refer_progress({.status = 491, .over = true});
    return;
  }
  our_refer_ = true;
  our_refer_give_up_ = core_.timers.at(core_.now + kReferralLasts, [this] {
    our_refer_over({.status = 408, .reason = "no NOTIFY told its end", .over = true});
  });
  const auto local = NameAddr::parse(dialog_->local_party);
  core_.send_in_dialog(std::make_shared<InDialogRequest>(
      InDialogRequest{.dialog = dialog_,
                      .method = "REFER",
                      .headers = {{"Contact", contact_},
                                  {"Refer-To", '<' + target + '>'},
                                  {"Referred-By", '<' + (local ? local->uri : contact_) + '>'}},
                      .content_type = {},
                      .body = {},
                      .session = session_,
                      .done = [&core = core_, handle = handle_](const ClientEvent& event) {
                        if (Call* call = core.find_call(handle)) call->on_refer_answered(event);
                      }}));
}

void Call::on_refer_answered(const ClientEvent& event) {
  const int status = event.status();
  if (status >= 200 && status < 300) {
    if (wants_no_subscription(event.response->message)) {
      our_refer_over({.status = status, .reason = "no NOTIFY will come", .over = true});
    }
    return;
  }
  our_refer_over({.status = status ? status : 408,
                  .reason = status ? failure_text(event.response->message) : event.cause,
                  .over = true});
}

void Call::our_refer_over(const ReferProgress& progress) {
  if (!std::exchange(our_refer_, false)) return;
  our_refer_give_up_.stop();
  if (observer_) observer_->on_refer_progress(progress);
}

void Call::on_notify(const Received& request, const std::string& key) {
  const std::string event(trim(cut(request.message.get("Event"), ';').first));
  if (!our_refer_ || !iequals(event, "refer")) return reply(request, key, 481);
  reply(request, key, 200);
  const std::string state(trim(cut(request.message.get("Subscription-State"), ';').first));
  const int status = sipfrag_status(request.message);
  const bool over = status >= 200 || iequals(state, "terminated");
  ReferProgress progress{.status = status, .over = over};
  if (status > 0) progress.reason = fmt::format("SIP {} {}", status, reason_phrase(status));
  if (over) return our_refer_over(progress);
  if (observer_) observer_->on_refer_progress(progress);
}

}  // namespace sipcast::sip
