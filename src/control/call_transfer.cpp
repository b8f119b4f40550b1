// A call that goes on with another phone: the phone transfers us by REFER, or we transfer it. The
// stream, its name and its viewers stay as they are.
#include <utility>

#include "base/text.hpp"
#include "control/call.hpp"
#include "sip/destination.hpp"

namespace sipcast {
namespace {

Instant now() { return std::chrono::steady_clock::now(); }

}  // namespace

int Call::on_refer(const sip::ReferRequest& refer) {
  const bool allowed =
      env_.refer == ReferPolicy::All || (env_.refer == ReferPolicy::Called && !info_.incoming);
  note(fmt::format("the phone transfers us to {}{}", printable(refer.target),
                   allowed ? "" : ": refused (sip.refer)"));
  if (!allowed) return 403;
  if (leg_ || over_) return 491;
  leg_ = std::make_unique<TransferLeg>(
      refer, TransferLeg::Events{
                 .ringing =
                     [this](int status) {
                       if (!handle_) return;
                       env_.sip.agent().tell_refer_progress(*handle_, status, now());
                       env_.sip.rearm();
                     },
                 .answered = [this](std::string_view sdp,
                                    const SocketAddress& from) { transfer_answered(sdp, from); },
                 .failed = [this](const sip::Ending& ending) { transfer_failed(ending); }});
  leg_->account = account_;
  if (info_.incoming) {  // there our side is whom the phone has called
    leg_->account = {.login = info_.asked.callee,
                     .authentication_name = {},
                     .password = {},
                     .domain = media_ip_.ip(),
                     .display_name = {},
                     .outbound_proxy = {},
                     .realm = {}};
  }
  info_.transfer = {refer.target, "PENDING"};
  tell(EventType::CallTransferring, {{"target", printable(refer.target)}, {"by", "phone"}});
  // Behind our 202.
  env_.control.post([this, alive = alive_] {
    if (*alive && leg_) locate_transfer();
  });
  return 202;
}

void Call::locate_transfer() {
  const auto destination = sip::resolve_callee(leg_->account, leg_->refer.target);
  if (!destination) return transfer_failed({.cause = destination.error().cause});
  env_.sip.locate(destination->target, false, [this, alive = alive_](const Result<SipHop>& hop) {
    if (!*alive || !leg_) return;
    if (!hop) return transfer_failed({.cause = hop.error().cause});
    dial_transfer(hop->address);
  });
}

void Call::dial_transfer(const SocketAddress& peer) {
  TransferLeg& leg = *leg_;
  ++sdp_version_;
  leg.local = local_sdp();
  leg.local.ip = env_.sip.advertised_towards(peer).ip();
  leg.local.direction = sdp::Direction::SendRecv;
  leg.local.audio_keys = make_keys();
  leg.local.video_keys = make_keys();
  const auto handle = env_.sip.agent().invite(
      leg.account, leg.refer.target, sdp::make_offer(leg.local), leg, now(), leg.refer.referral);
  env_.sip.rearm();
  if (!handle) return transfer_failed({.cause = handle.error().cause});
  leg.handle = *handle;
  env_.recorder.claim(key_, env_.sip.agent().sip_call_id(*handle));
  leg.no_answer = env_.control.after(env_.no_answer, [this] {
    transfer_failed({.sip_status = 408, .cause = "nobody answered the transferred call"});
  });
}

void Call::transfer_answered(std::string_view sdp, const SocketAddress& from) {
  const auto agreement = sdp::read_answer(sdp, leg_->local);
  if (!agreement) return transfer_failed({.sip_status = 488, .cause = agreement.error().cause});
  const std::shared_ptr<TransferLeg> leg = drop_leg();
  note(fmt::format("transferred: {} at {} has answered", printable(leg->refer.target),
                   from.to_string()));
  info_.transfer->status = "DONE";
  tell(EventType::CallTransferred, {{"target", printable(leg->refer.target)}});
  if (handle_) {
    env_.sip.agent().tell_refer_progress(*handle_, 200, now());
    env_.sip.agent().forget(*handle_, now());  // BYE
  }
  handle_ = std::exchange(leg->handle, std::nullopt);
  env_.sip.agent().observe(*handle_, *this, now());
  env_.sip.rearm();
  account_ = leg->account;
  media_ip_ = from;
  if (const auto ip = SocketAddress::parse(leg->local.ip, 0)) media_ip_ = *ip;
  audio_keys_ = leg->local.audio_keys;
  video_keys_ = leg->local.video_keys;
  we_hold_ = hold_agreed_ = false;
  first_direction_.reset();
  agree(*agreement);
}

void Call::transfer_failed(const sip::Ending& ending) {
  const std::shared_ptr<TransferLeg> leg = drop_leg();
  const std::string cause =
      fmt::format("the transfer to {} failed: {}", printable(leg->refer.target), ending.cause);
  info_.transfer->status = "FAILED";
  tell(EventType::CallTransferFailed, {{"cause", printable(cause, 700)}});
  if (leg->handle) env_.sip.agent().forget(*std::exchange(leg->handle, std::nullopt), now());
  if (handle_) {
    const bool said = ending.sip_status >= 300;
    env_.sip.agent().tell_refer_progress(*handle_, said ? ending.sip_status : 503, now());
    env_.sip.rearm();
    return warn(cause + "; the call goes on as it was");
  }
  sip::Ending end_of_call = ending;
  end_of_call.cause = cause;
  end(CallEnd::SipEnded, end_of_call);
}

/// Its own functions may be running: it goes later.
std::shared_ptr<TransferLeg> Call::drop_leg() {
  leg_->no_answer.cancel();
  std::shared_ptr<TransferLeg> leg = std::move(leg_);
  env_.control.post([leg] {});
  return leg;
}

Result<void> Call::transfer(std::string_view target) {
  const bool talking = info_.status == CallStatus::Established || info_.status == CallStatus::Hold;
  if (!handle_ || !talking) {
    return fail(Errc::InvalidArgument, "callId: the call is not established");
  }
  if (info_.transfer && info_.transfer->status == "PENDING") {
    return fail(Errc::AlreadyExists, "callId: a transfer of this call is under way");
  }
  const auto destination = sip::resolve_callee(account_, target);
  if (!destination) return fail(Errc::InvalidArgument, "target: " + destination.error().cause);
  note(fmt::format("we transfer the phone to {}", printable(destination->request_uri)));
  info_.transfer = {destination->request_uri, "PENDING"};
  tell(EventType::CallTransferring,
       {{"target", printable(destination->request_uri)}, {"by", "us"}});
  env_.sip.agent().refer(*handle_, destination->request_uri, now());
  env_.sip.rearm();
  return {};
}

void Call::on_refer_progress(const sip::ReferProgress& progress) {
  if (over_ || !info_.transfer) return;
  if (!progress.over) return note("the transfer goes on: " + printable(progress.reason));
  const bool done = progress.status >= 200 && progress.status < 300;
  info_.transfer->status = done ? "DONE" : "FAILED";
  if (done) {
    tell(EventType::CallTransferred, {{"target", printable(info_.transfer->target)}});
    return end(CallEnd::Transferred,
               {.cause = "transferred to " + printable(info_.transfer->target)});
  }
  tell(EventType::CallTransferFailed, {{"cause", printable(progress.reason)}});
  warn(fmt::format("the transfer to {} failed: {}; the call goes on as it was",
                   printable(info_.transfer->target), printable(progress.reason)));
}

}  // namespace sipcast
