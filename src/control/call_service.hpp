#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "control/access/dial_guard.hpp"
#include "control/call.hpp"
#include "control/device_rules.hpp"
#include "control/incoming_rules.hpp"
#include "sip/digest_verifier.hpp"

namespace sipcast {

/// Which calls /call/find answers with; absent fields do not filter.
struct CallFilter {
  std::optional<std::string> id, callee, rtmp_url, status;
};

/// The calls of this server: starts, finds and ends them; owns their ids and stream names. Control
/// loop only.
class CallService {
 public:
  struct Options {
    Duration linger = std::chrono::seconds(6);  ///< a call that ended by itself stays visible
    Duration no_answer = std::chrono::seconds(120);
    CallLimits limits;
    IncomingRules incoming;                        ///< who may call us
    std::vector<sip::DigestVerifier::User> users;  ///< that rules of `incoming` ask for
    std::vector<sip::DigestAlgorithm> challenge = {sip::DigestAlgorithm::Md5};
    Call::ReferPolicy refer = Call::ReferPolicy::Off;
    size_t max_calls = 5000;
    std::string realm;    ///< sip::Account::realm of every call
    DeviceRules devices;  ///< what our descriptions say
    FlightRecorder::Options trace;
    DialGuard::Options dial;
    /// Every SIP message of ours, sent and received; its secrets are not masked.
    std::function<void(const TracedMessage&)> on_message = {};
  };
  CallService(Options options, EventLoop& control, SipEndpoint& sip, MediaPlane& media,
              EventLog& events, Logger log);

  /// Reserves id and stream name, and begins. Errors: AlreadyExists naming what is taken; Forbidden
  /// and Exhausted naming the rule or limit.
  Result<CallId> start(StartCall command);
  /// Calls that run and those that linger, oldest first.
  std::vector<CallInfo> find(const CallFilter& filter) const;
  /// What is known of one call, running or not. References last as long as the callback runs.
  struct Traced {
    const CallTrace& trace;
    const CallInfo& info;
    const MediaWorker::CallActivity& media;
  };
  /// `done` is called once, at once or later, on the control loop. Errors: NotFound.
  void trace(const CallId& id, std::function<void(const Result<Traced>&)> done);
  /// Errors: NotFound.
  Result<void> hold(const CallId& id, bool wanted);
  /// Errors: NotFound, and those of Call::send_dtmf.
  Result<void> send_dtmf(const CallId& id, std::string_view digits, DtmfType type);
  /// Errors: NotFound, and those of Call::transfer.
  Result<void> transfer(const CallId& id, std::string_view target);
  /// Errors: NotFound.
  Result<void> terminate(const CallId& id);
  /// BYE or CANCEL to every phone, STOPPED to every viewer.
  void shutdown();
  /// Ends every call; none begins any more, in either direction. `asker` is for the log.
  void emergency_stop(std::string_view asker);
  void end_emergency_stop(std::string_view asker);
  bool stopped() const { return guard_.stopped(); }
  /// True from start() until the call has ended.
  bool has_stream(const StreamName& name) const { return by_stream_.contains(name.value); }
  /// The call that has this stream now.
  std::optional<CallId> call_of(const StreamName& name) const;
  /// No new calls, in either direction, while it is on; on_drained when the last one has ended.
  void drain(bool on);
  bool draining() const { return draining_; }
  std::function<void()> on_drained;
  /// What a client calls a stream: its name, or its call's id.
  std::optional<StreamName> stream_of(const std::string& media_session_id) const;
  /// What an app says to a call that the rules let in.
  struct IncomingVerdict {
    int sip_status = 200;    ///< another one refuses
    StreamName stream = {};  ///< "": as the rules say
    std::string why = {};    ///< of a refusal, for the log
  };
  using Decided = std::function<void(const IncomingVerdict&)>;
  /// Asked about every such call, when set; calls `decided` once on the control loop, at once or
  /// later.
  std::function<void(const StartCall&, const sip::IncomingCall&, Decided decided)> ask_app;
  /// A call that runs; null: there is none of this id. Good until the control loop goes on.
  const CallInfo* running_info(const CallId& id) const;
  /// Called when a call has got a stream, before it has media.
  std::function<void(const StreamName&)> on_stream_started;
  /// Called when a call has ended, with the name of its stream.
  std::function<void(const StreamName&)> on_stream_ended;
  /// Called when a call was put on hold, by either side, or taken back.
  std::function<void(const StreamName&, bool held)> on_hold;
  size_t running() const { return calls_.size(); }
  /// Nothing runs, and every phone has answered our BYE.
  bool idle() const;

 private:
  struct Gone {
    CallInfo info;
    EventLoop::Timer timer;
  };
  void ended(Call& call);
  void on_incoming(const sip::IncomingCall& incoming);
  void admit(const sip::IncomingCall& incoming, StartCall command);
  /// Challenges or refuses a caller whom a rule wants to prove who it is; true: it has.
  bool authenticated(const sip::IncomingCall& incoming, const std::string& user_pattern);
  void refuse(const sip::IncomingCall& incoming, int status, std::string_view why);
  /// Tells the start of the call; takes its id and stream name, which must be free.
  Call& add(StartCall command, std::string_view direction);
  Call* call_with(sip::CallHandle handle);  ///< nullptr: none
  Result<Call*> running_call(const CallId& id);

  Options options_;
  EventLoop& control_;
  SipEndpoint& sip_;
  MediaPlane& media_;
  EventLog& events_;
  Logger log_;
  DialGuard guard_;
  FlightRecorder recorder_;
  sip::DigestVerifier verifier_;
  Registrations registrations_;
  uint64_t last_key_ = 0;
  bool draining_ = false;
  std::map<uint64_t, std::unique_ptr<Call>> calls_;  // by key: oldest first
  std::map<uint64_t, Gone> lingering_;
  EventLog::Subscription figures_;
  std::map<std::string, uint64_t> by_id_, by_stream_;
  std::set<sip::CallHandle> undecided_;  // ask_app is being asked
};

}  // namespace sipcast
