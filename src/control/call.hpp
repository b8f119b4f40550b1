#pragma once
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "control/call_dtmf.hpp"
#include "control/call_info.hpp"
#include "control/call_outcome.hpp"
#include "control/call_watch.hpp"
#include "control/events/event_log.hpp"
#include "control/media_worker.hpp"
#include "control/registrations.hpp"
#include "control/sip_endpoint.hpp"
#include "control/trace/flight_recorder.hpp"
#include "control/transfer_leg.hpp"

namespace sipcast {

/// One call, from REGISTER or their INVITE to BYE. Control loop only; messages to and from its
/// media loop.
class Call final : private sip::CallObserver, private sip::RegistrationObserver {
 public:
  /// Whose REFER we follow.
  enum class ReferPolicy : uint8_t {
    Off,
    Called,  ///< of phones that we have called
    All,     ///< also of those that call us
  };
  struct Env {
    EventLoop& control;
    SipEndpoint& sip;
    MediaPlane& media;
    Registrations& registrations;
    FlightRecorder& recorder;
    EventLog& events;
    Duration no_answer;          ///< a call that nobody answers is given up
    const sdp::SipLocal& local;  ///< what our descriptions have in common
    CallLimits limits;           ///< of an answered call
    ReferPolicy refer = ReferPolicy::Off;
    std::function<void(const StreamName&, bool held)> on_hold = {};
    /// Whether a call may go on there (DialGuard::check).
    std::function<Result<void>(const sip::Account&, std::string_view callee)> may_call = {};
  };
  using Ended = std::function<void(Call&)>;
  Call(const Env& env, StartCall asked, uint64_t key, Ended ended, Logger log);
  ~Call() override;

  void start();
  /// In place of start(): the phone calls us; it is answered as soon as there are ports. The
  /// account's login is the caller.
  void answer(sip::IncomingCall incoming);
  /// A phone that takes the place of this call's (RFC 3891): it is answered, the other one gets
  /// BYE. Refused where a REFER would be.
  void replace_phone(const sip::IncomingCall& incoming);
  /// The caller gave up before that.
  void on_cancelled(const sip::Ending& ending) { on_ended(ending); }
  std::optional<sip::CallHandle> handle() const { return handle_; }
  /// Asked for by REST or by shutdown; the ended callback follows at once.
  void terminate(EndReason reason);
  /// Puts the phone on hold by a re-INVITE, or takes it back; before the answer as soon as it
  /// comes. The status follows what the phone agrees to.
  void hold(bool wanted);
  /// Errors: those of CallDtmf::send.
  Result<void> send_dtmf(std::string_view digits, DtmfType type);
  /// REFER: the phone shall call `target`, a user part or URI; the call ends when that has worked.
  /// Errors: InvalidArgument, AlreadyExists.
  Result<void> transfer(std::string_view target);
  const CallInfo& info() const { return info_; }
  /// A viewer has its first frame: the first one is a milestone.
  void on_viewer_frame() {
    if (!trace_.reached(Milestone::FirstViewer)) note_media();
  }
  bool has_media() const { return media_open_; }  ///< its media loop knows it

 private:
  void located(const Result<SipHop>& hop);
  void open_media();
  void accept();
  void media_opened(const Result<SipSource::Ports>& ports);
  void invite();
  /// `told` to viewers in place of what the outcome says.
  void end(CallEnd how, const sip::Ending& ending, std::optional<EndReason> told = {});
  void set_status(CallStatus status, int sip_status);
  sdp::SipLocal local_sdp() const;
  static std::array<sdp::SdesKey, 2> make_keys();
  /// Wraps `task` for another thread: it runs on the control loop, unless this call is gone by
  /// then.
  template <class F>
  auto on_control(F task) {
    return [control = &env_.control, alive = alive_, task](auto... arguments) {
      control->post([alive, task, ... arguments = std::move(arguments)]() mutable {
        if (*alive) task(std::move(arguments)...);
      });
    };
  }
  void send_info(std::string_view content_type, std::string body);
  void play(std::string digits);

  // call_report.cpp
  void tell(EventType type, boost::json::object data = {});
  void tell_status(CallStatus before);
  void tell_live(const TrackList& tracks);
  /// Its figures, into the trace.
  void note_media();
  /// Into the log, and into the trace.
  void note(std::string text);
  void warn(std::string text);

  // call_established.cpp
  void no_rtp(std::string cause);
  void agree(const sdp::SipAgreement& agreement);
  void on_digit(char digit, std::string_view way);
  void start_watch();
  void arm_watch();
  void on_activity(const MediaWorker::CallActivity& activity);

  // call_transfer.cpp
  bool phone_may_change() const;
  /// What another phone at `peer` is told in place of local_sdp(): the same ports, keys of its own.
  sdp::SipLocal local_towards(const SocketAddress& peer);
  void go_on_with(sip::CallHandle handle, const sdp::SipLocal& local);
  void locate_transfer();
  void dial_transfer(const SocketAddress& peer);
  void transfer_answered(std::string_view sdp, const SocketAddress& from);
  void transfer_failed(const sip::Ending& ending);
  std::shared_ptr<TransferLeg> drop_leg();
  int on_refer(const sip::ReferRequest& refer) override;
  void on_refer_progress(const sip::ReferProgress& progress) override;

  void on_provisional(int status, std::string_view reason, std::string_view sdp) override;
  void on_answered(std::string_view sdp, const SocketAddress& from) override;
  Result<std::string> on_reoffer(std::string_view sdp) override;
  void on_late_answer(std::string_view sdp) override;
  void on_reoffer_answered(std::string_view sdp) override;
  void on_reoffer_failed(const sip::Ending& ending) override;
  int on_info(std::string_view content_type, std::string_view body) override;
  void on_ended(const sip::Ending& ending) override;
  void on_registered(Duration expires) override;
  void on_registration_failed(const sip::Ending& ending) override;

  Env env_;
  uint64_t key_;
  CallInfo info_;
  sip::Account account_;
  Ended ended_;
  Logger log_;
  CallTrace& trace_;
  MediaWorker& worker_;
  SipSource::Ports ports_;
  SocketAddress media_ip_;
  uint32_t sdp_version_ = 1;
  uint64_t sdp_id_;
  std::optional<sip::IncomingCall> incoming_;
  std::array<sdp::SdesKey, 2> audio_keys_, video_keys_;
  bool media_open_ = false, invited_ = false, over_ = false;
  std::optional<sip::CallHandle> handle_;
  std::unique_ptr<Registrations::Hold> registration_;
  bool we_hold_ = false;      ///< as it was asked for last
  bool hold_agreed_ = false;  ///< as the phone agreed to last
  bool early_media_ = false;
  std::optional<sdp::Direction> first_direction_;  ///< of the first answer; none before
  std::unique_ptr<TransferLeg> leg_;               ///< a transfer that the phone has asked for
  CallDtmf dtmf_;
  std::optional<CallWatch> watch_;
  EventLoop::Timer no_answer_timer_, watch_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sipcast
