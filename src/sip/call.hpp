#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sip/destination.hpp"
#include "sip/dialog.hpp"
#include "sip/digest.hpp"
#include "sip/session_timer.hpp"
#include "sip/timer_queue.hpp"
#include "sip/transaction_table.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::sip {

class Core;
struct Forks;
struct OwnChange;

/// A 2xx of ours that is repeated until its ACK comes (§13.3.1.4).
struct AwaitedAck {
  uint32_t cseq = 0;
  std::string key;
  Message response;
  bool late_answer = false;  ///< our 2xx carried the offer
  Duration interval{};
  Timer retransmit, give_up;
};

/// A dialog that a provisional response made (§12.1).
struct EarlyDialog {
  std::shared_ptr<Dialog> dialog;
  std::optional<uint32_t> rseq;  ///< of the last reliable response (RFC 3262)
  std::string answer;            ///< the SDP that came reliably: the answer to our offer
  bool reoffered = false;        ///< by UPDATE, since
};

/// A reliable provisional response of ours that waits for its PRACK (RFC 3262 §3).
struct UnacknowledgedProvisional {
  uint32_t rseq = 0;
  Message response;
  Duration interval{};
  Timer retransmit, give_up;
};

/// One call, from its INVITE to on_ended. Owned by Core, which keeps it until the event that ended
/// it is handled to its end.
class Call {
 public:
  enum class State : uint8_t {
    Calling,      ///< our INVITE has no answer
    Proceeding,   ///< our INVITE has a provisional answer
    Incoming,     ///< their INVITE waits for ring(), accept() or reject()
    AwaitingAck,  ///< we sent 2xx
    Established,
    Ending,  ///< we sent BYE
    Ended,
  };
  Call(Core& core, CallHandle handle);
  State state() const { return state_; }
  CallHandle handle() const { return handle_; }
  const std::string& call_id() const { return call_id_; }
  bool established_with(std::string_view remote_tag) const {
    return state_ == State::Established && dialog_ && dialog_->remote_tag == remote_tag;
  }

  // call.cpp: both sides
  void hangup();
  void forget();
  void send_info(std::string content_type, std::string body);
  /// own_changes.cpp: a re-INVITE with this offer, as soon as nothing else is under way.
  void reoffer(std::string sdp);
  void observe(CallObserver& observer) { observer_ = &observer; }
  // referrals.cpp
  void tell_refer_progress(int status);
  void refer(std::string target);
  /// A request of the peer in a dialog of this call; ACK excepted.
  void on_request(const Received& request, const std::string& key);
  void on_ack(const Received& request);

  // client_call.cpp: we call
  void start(const Account& account, Destination destination, std::string sdp,
             CallObserver& observer, const Referral& referral);
  static void on_invite_event(Core& core, CallHandle handle, const std::shared_ptr<Forks>& forks,
                              const ClientEvent& event);

  // server_call.cpp: we are called
  void offered(const Received& invite, const std::string& key, const Target& source);
  void ring(int status, std::string sdp);
  void accept(std::string sdp, CallObserver& observer);
  void reject(int status) { reject(status, {}); }
  void challenge(const std::vector<std::string>& challenges);
  /// The caller gave up; what its CANCEL or BYE is answered with is not our business here.
  void on_cancelled(const std::string& cause);
  const std::string& invite_key() const { return invite_key_; }
  const std::string& merge_key() const { return merge_key_; }

 private:
  void end(Ending ending);
  void send_bye(Ending ending);
  std::shared_ptr<Dialog> dialog_with(const std::string& remote_tag) const;
  void on_bye(const Received& request, const std::string& key);
  void on_info(const Received& request, const std::string& key);
  void on_update(const Received& request, const std::string& key);
  void on_reinvite(const Received& request, const std::string& key);
  void add_session_timer(const Received& request, Message& response);
  void answer_reoffer(const Received& request, const std::string& key, std::string_view sdp);
  void reply(const Received& request, const std::string& key, int status);
  void send_2xx(const std::string& key, Message response, uint32_t cseq, bool late_answer);
  void arm_2xx();

  // own_changes.cpp
  static void on_change_event(Core& core, CallHandle handle,
                              const std::shared_ptr<OwnChange>& change, const ClientEvent& event);
  void send_next_change();
  void send_change();
  void on_change_done(const Received& response);
  void on_change_failed(const ClientEvent& event);
  void retry_change_later();
  bool raise_session_expires(const Message& response);
  void set_session_interval(const std::optional<SessionInterval>& interval);

  // reliable_provisional.cpp
  bool acknowledge_provisional(const Received& response, EarlyDialog& early);
  void send_reliably(Message response);
  void arm_unacknowledged();
  void on_prack(const Received& request, const std::string& key);
  void lost_before_answer(Ending ending);

  // referrals.cpp
  void on_refer(const Received& request, const std::string& key);
  void on_notify(const Received& request, const std::string& key);
  void on_refer_answered(const ClientEvent& event);
  void our_refer_over(const ReferProgress& progress);

  void reject(int status, const std::vector<Message::Header>& headers);
  void send_invite();
  bool follow_redirect(const Message& response);
  void on_provisional(const ClientEvent& event);
  void on_success(const ClientEvent& event, std::shared_ptr<Dialog> dialog);
  void on_failure(const ClientEvent& event);
  void send_cancel();
  bool retry_with_credentials(const Received& response, std::string& problem);

  Core& core_;
  const CallHandle handle_;
  State state_;
  CallObserver* observer_ = nullptr;
  std::string call_id_, local_tag_;
  std::string contact_;  ///< our own, as every message of the call says it
  std::shared_ptr<DigestSession> session_;
  std::shared_ptr<Dialog> dialog_;            ///< confirmed
  std::map<std::string, EarlyDialog> early_;  ///< by remote tag
  std::optional<AwaitedAck> awaited_ack_;
  bool hangup_wanted_ = false;
  int infos_under_way_ = 0;

  // our own changes, and the session timer
  std::shared_ptr<OwnChange> change_;  ///< under way
  std::optional<std::string> wanted_offer_;
  bool refresh_wanted_ = false, waiting_to_retry_ = false;
  Timer change_retry_, refresh_, expiry_;
  SessionWish session_wish_;
  std::optional<SessionInterval> session_interval_;

  // REFER, both ways
  struct TheirRefer {
    uint32_t cseq;
    bool silent;  ///< RFC 4488
  };
  std::optional<TheirRefer> their_refer_;  ///< its end is not told yet
  bool our_refer_ = false;                 ///< under way
  Timer our_refer_give_up_;

  // we call
  Account account_;
  Referral referral_;
  Destination destination_;
  std::string to_;   ///< URI of the first callee: a redirect does not change it
  std::string sdp_;  ///< what we said last
  std::vector<std::string> redirected_to_;  ///< URIs of 3xx: those that were tried come first
  size_t redirects_followed_ = 0;
  uint32_t cseq_ = 0;
  DigestTries tries_;
  std::shared_ptr<Forks> forks_;
  bool cancel_sent_ = false;
  Timer cancel_give_up_;

  // we are called
  std::string invite_key_, merge_key_;
  std::unique_ptr<Received> invite_;
  std::optional<UnacknowledgedProvisional> unacknowledged_;
  uint32_t last_rseq_ = 0;
  struct NextRing {
    int status;
    std::string sdp;
  };
  std::optional<NextRing> next_ring_;         ///< waits for the PRACK of the one before
  std::optional<std::string> accept_wanted_;  ///< the same, for accept()'s SDP
  Target source_;
};

}  // namespace sipcast::sip
