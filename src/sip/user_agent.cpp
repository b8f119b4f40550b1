#include "sip/user_agent.hpp"

#include <utility>

#include "base/text.hpp"
#include "sip/core.hpp"

namespace sipcast::sip {

struct UserAgent::Impl {
  Core core;
};

UserAgent::UserAgent(Options options, UserAgentIo& io, Logger log)
    : impl_(new Impl{Core(std::move(options), io, std::move(log))}) {}
UserAgent::~UserAgent() = default;

void UserAgent::set_incoming_handler(IncomingHandler handler, CancelledHandler cancelled) {
  impl_->core.incoming_handler = std::move(handler);
  impl_->core.cancelled_handler = std::move(cancelled);
}

Result<CallHandle> UserAgent::invite(const Account& account, std::string_view callee,
                                     std::string sdp, CallObserver& observer, Instant now,
                                     const Referral& referral) {
  const Core::Entry entry(impl_->core, now);
  return impl_->core.invite(account, callee, std::move(sdp), observer, referral);
}

void UserAgent::observe(CallHandle call, CallObserver& observer, Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) found->observe(observer);
}

void UserAgent::tell_refer_progress(CallHandle call, int status, Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) found->tell_refer_progress(status);
}

void UserAgent::refer(CallHandle call, std::string target, Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) found->refer(std::move(target));
}

void UserAgent::challenge(CallHandle call, const std::vector<std::string>& challenges,
                          Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) found->challenge(challenges);
}

void UserAgent::hangup(CallHandle call, Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) found->hangup();
}

void UserAgent::forget(CallHandle call, Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) found->forget();
}

void UserAgent::reoffer(CallHandle call, std::string sdp, Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) found->reoffer(std::move(sdp));
}

void UserAgent::send_info(CallHandle call, std::string content_type, std::string body,
                          Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) {
    found->send_info(std::move(content_type), std::move(body));
  }
}

void UserAgent::ring(CallHandle call, int status, std::string sdp, Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) found->ring(status, std::move(sdp));
}

void UserAgent::accept(CallHandle call, std::string sdp, CallObserver& observer, Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) found->accept(std::move(sdp), observer);
}

void UserAgent::reject(CallHandle call, int status, Instant now) {
  const Core::Entry entry(impl_->core, now);
  if (Call* found = impl_->core.find_call(call)) found->reject(status);
}

RegistrationHandle UserAgent::register_account(const Account& account,
                                               RegistrationObserver& observer, Instant now) {
  const Core::Entry entry(impl_->core, now);
  return impl_->core.register_account(account, observer);
}

void UserAgent::unregister(RegistrationHandle registration, Instant now) {
  const Core::Entry entry(impl_->core, now);
  impl_->core.unregister(registration);
}

void UserAgent::on_message(BytesView message, Transport transport, const SocketAddress& from,
                           Instant now) {
  const Core::Entry entry(impl_->core, now);
  impl_->core.on_message(message, transport, from);
}

void UserAgent::on_send_failed(std::string branch, const std::string& cause, Instant now) {
  const Core::Entry entry(impl_->core, now);
  impl_->core.log.debug("SIP message could not be sent: {}", printable(cause, 300));
  impl_->core.table.on_send_failed(branch, cause);
}

void UserAgent::on_flow_lost(Transport transport, const SocketAddress& peer, Instant now) {
  const Core::Entry entry(impl_->core, now);
  impl_->core.on_flow_lost(transport, peer);
}

std::optional<Instant> UserAgent::deadline() const { return impl_->core.timers.deadline(); }

void UserAgent::on_timer(Instant now) {
  const Core::Entry entry(impl_->core, now);
  impl_->core.on_timer();
}

std::string UserAgent::sip_call_id(uint64_t handle) const {
  if (const Call* call = impl_->core.find_call(handle)) return call->call_id();
  const Registration* registration = impl_->core.find_registration(handle);
  return registration ? registration->call_id() : std::string();
}

size_t UserAgent::calls() const { return impl_->core.calls(); }
size_t UserAgent::transactions() const { return impl_->core.table.size(); }

}  // namespace sipcast::sip
