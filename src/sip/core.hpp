#pragma once
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "sip/call.hpp"
#include "sip/dialog.hpp"
#include "sip/digest.hpp"
#include "sip/registration.hpp"
#include "sip/timer_queue.hpp"
#include "sip/transaction_table.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::sip {

/// A request that was given to its transaction.
struct Sent {
  std::string branch;
  Message request;  ///< with its Via
  Target target;
};

/// A request in a dialog, with its answer to a challenge (BYE, INFO, PRACK).
struct InDialogRequest {
  std::shared_ptr<Dialog> dialog;
  std::string method;
  std::vector<Message::Header> headers;  ///< besides those of every request
  std::string content_type, body;
  std::shared_ptr<DigestSession> session;  ///< nullptr: challenges are not answered
  OnClientEvent done;                      ///< the final event
  DigestTries tries = {};
  std::string branch = {};  ///< of the last try
};

/// What calls and registrations of one UserAgent share. Control loop only.
class Core {
 public:
  /// Marks a call from outside: keeps `now`, and frees ended calls when the outermost one returns.
  class Entry {
   public:
    Entry(Core& core, Instant now) : core_(core) {
      ++core_.depth_;
      core_.now = now;
    }
    ~Entry() {
      if (--core_.depth_ > 0) return;
      core_.graveyard_.clear();
      core_.ended_registrations_.clear();
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    Core& core_;
  };

  Core(UserAgent::Options options, UserAgentIo& io, Logger log);

  // For calls and registrations. `now` is the time of the event that is being handled.
  const UserAgent::Options options;
  UserAgentIo& io;
  Logger log;
  Instant now{};
  TimerQueue timers;
  TransactionTable table;

  /// Puts our Via with `branch` in front, and adds User-Agent.
  void stamp(Message& request, const Target& target, const std::string& branch);
  /// Stamps, sends, and reports to `on_event`.
  Sent start(Message request, const Target& target, OnClientEvent on_event);
  /// After a final event: true when its request shall be sent once more, now to another server of
  /// the target (RFC 3263 §4.3).
  bool fail_over(const ClientEvent& event, const Target& target, const std::string& branch);
  /// Adds Via; sends without transaction (ACK of a 2xx). What was sent, for repeating it.
  struct SentAck {
    std::string wire, branch;
    Target target;
  };
  SentAck send_ack(Message ack, const Target& target);
  void resend(const SentAck& ack);
  void send_in_dialog(const std::shared_ptr<InDialogRequest>& request);
  /// Copies what a response copies (§8.2.6.2); "" leaves To as it is.
  Message response_to(const Received& request, int status, const std::string& to_tag) const;
  /// Why, for people: `Warning: 399` (RFC 3261 §20.43).
  void add_warning(Message& response, std::string_view why) const;
  void respond(const std::string& key, const Message& response);
  /// "<sip:user@192.0.2.1:5060>": our Contact towards `target`; `secure`: a sips: URI, as whoever
  /// calls one must have (RFC 3261 §8.1.1.8).
  std::string contact(const std::string& user, const Target& target, bool secure = false);
  const char* allow() const;      ///< the methods that we take
  const char* supported() const;  ///< the extensions, but for session timers
  std::string min_se() const;     ///< our Min-SE, in seconds
  std::shared_ptr<DigestSession> digest_session(const Account& account);
  /// What the registrar wants calls of this account to pass (RFC 3608); empty: nothing.
  void set_service_route(const Account& account, std::vector<std::string> routes);

  Call* find_call(CallHandle handle);
  void index_dialog(const std::string& call_id, const std::string& local_tag, CallHandle handle);
  void retire(CallHandle handle, const std::string& call_id, const std::string& local_tag);
  Registration* find_registration(RegistrationHandle handle);
  void retire_registration(RegistrationHandle handle);

  // For UserAgent.
  UserAgent::IncomingHandler incoming_handler;
  UserAgent::CancelledHandler cancelled_handler;
  Result<CallHandle> invite(const Account& account, std::string_view callee, std::string sdp,
                            CallObserver& observer, const Referral& referral);
  RegistrationHandle register_account(const Account& account, RegistrationObserver& observer);
  void unregister(RegistrationHandle handle);
  void on_flow_lost(Transport transport, const SocketAddress& peer);
  void on_message(BytesView bytes, Transport transport, const SocketAddress& from);
  void on_timer();
  size_t calls() const { return calls_.size(); }

 private:
  void on_request(Received request, Transport transport, const SocketAddress& from);
  void on_new_request(const Received& request, const std::string& key, const Target& source,
                      const SocketAddress& from);
  void on_new_invite(const Received& request, const std::string& key, const Target& source,
                     const SocketAddress& from);
  void on_cancel(const Received& request, const std::string& key);
  bool supports(std::string_view option_tag) const;
  /// The call whose place `invite` takes (RFC 3891 §3), 0 for none; or the status that refuses it.
  std::expected<CallHandle, int> replaced_by(const Received& invite);
  /// The refusal every request may get before its method counts: 0 for none.
  int refusal(const Received& request) const;
  void refuse(const Received& request, const std::string& key, int status);
  Call* call_of_dialog(const Received& request);
  void answer_malformed(BytesView bytes, const Error& error, Transport transport,
                        const SocketAddress& from);

  std::unordered_map<CallHandle, std::unique_ptr<Call>> calls_;
  std::unordered_map<std::string, CallHandle> dialogs_;  ///< by Call-ID and our tag
  std::unordered_map<std::string, CallHandle> invites_;  ///< incoming, by server transaction
  std::unordered_map<std::string, CallHandle> merged_;   ///< incoming, by §8.2.2.2
  std::unordered_map<RegistrationHandle, std::unique_ptr<Registration>> registrations_;
  std::unordered_map<std::string, std::shared_ptr<std::string>> realms_;      ///< by account
  std::unordered_map<std::string, std::vector<std::string>> service_routes_;  ///< by account
  std::vector<std::unique_ptr<Call>> graveyard_;
  std::vector<std::unique_ptr<Registration>> ended_registrations_;
  uint64_t next_handle_ = 1;
  int depth_ = 0;
};

/// "SIP 486 Busy Here", with what Warning and Reason say.
std::string failure_text(const Message& response);
/// A URI as logs may show it: printable, without the password it may hold.
std::string loggable_uri(std::string_view uri);
}  // namespace sipcast::sip
