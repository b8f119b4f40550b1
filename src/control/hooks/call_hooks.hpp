#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "control/call_service.hpp"
#include "control/events/event_log.hpp"
#include "control/hooks/hook_service.hpp"

namespace sipcast {

/// What apps hear of calls and their streams: OnCallEvent decides on calls that come in,
/// publishStream on streams; CallStatusEvent, TransferStatusEvent and StreamStatusEvent follow what
/// happens. Under the call's appKey. Control loop only.
class CallHooks {
 public:
  CallHooks(EventLog& events, CallService& calls, HookService& hooks, EventLoop& control,
            Logger log);

 private:
  void on_event(const Event& event);
  void on_incoming(const StartCall& call, const sip::IncomingCall& incoming,
                   const CallService::Decided& decided);
  void ask_to_publish(const CallInfo& call);
  void tell_call(const CallInfo& call, std::string_view method, std::string_view status);
  void tell_stream(const CallInfo& call, std::string_view status, const Event& event);
  void viewer_joined(const CallInfo& call, const Event& event);
  void viewer_left(const Event& event);

  CallService& calls_;
  HookService& hooks_;
  EventLoop& control_;
  Logger log_;
  std::map<std::string, HookService::Hook> watching_;  ///< by viewer of WHEP
  EventLog::Subscription subscription_;
};

}  // namespace sipcast
