#pragma once
#include <functional>
#include <optional>
#include <string>

#include "net/event_loop.hpp"
#include "sdp/sip_media.hpp"
#include "sip/user_agent.hpp"

namespace sipcast {

/// The new leg of a call that its phone transfers by REFER: our INVITE to the target, until it is
/// answered or has failed. What it offers is the media of the call itself, with keys of its own.
/// Control loop.
class TransferLeg final : public sip::CallObserver {
 public:
  struct Events {
    std::function<void(int status)> ringing;
    std::function<void(std::string_view sdp, const SocketAddress& from)> answered;
    std::function<void(const sip::Ending&)> failed;  ///< last; the handle is dead
  };
  TransferLeg(sip::ReferRequest refer, Events events)
      : refer(std::move(refer)), events_(std::move(events)) {}

  const sip::ReferRequest refer;
  sip::Account account;
  sdp::SipLocal local;  ///< what we offer
  std::optional<sip::CallHandle> handle;
  EventLoop::Timer no_answer;

 private:
  void on_provisional(int status, std::string_view, std::string_view) override {
    events_.ringing(status);
  }
  void on_answered(std::string_view sdp, const SocketAddress& from) override {
    events_.answered(sdp, from);
  }
  // Before the answer nothing of an established call can come.
  Result<std::string> on_reoffer(std::string_view) override {
    return fail(Errc::Unsupported, "the call is not answered yet");
  }
  void on_late_answer(std::string_view) override {}
  void on_reoffer_answered(std::string_view) override {}
  void on_reoffer_failed(const sip::Ending&) override {}
  int on_info(std::string_view, std::string_view) override { return 200; }
  void on_ended(const sip::Ending& ending) override {
    handle.reset();
    events_.failed(ending);
  }

  Events events_;
};

}  // namespace sipcast
