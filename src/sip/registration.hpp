#pragma once
#include <memory>
#include <string>

#include "sip/destination.hpp"
#include "sip/digest.hpp"
#include "sip/timer_queue.hpp"
#include "sip/transaction_table.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::sip {

class Core;

/// Keeps one account registered (RFC 3261 §10): refreshes at 80 % of what the registrar granted.
/// Once registered, it does not give up when the registrar is silent or in trouble, but tries again
/// with growing pauses (RFC 5626 §4.5). A refusal ends it.
class Registration {
 public:
  Registration(Core& core, RegistrationHandle handle, const Account& account,
               RegistrationObserver& observer);
  void start();
  /// The way to `peer` broke, or is another one now: the registrar reaches us there no more. When
  /// that is where it answered from, it is told at once (RFC 5626 §4.4).
  void on_flow_lost(Transport transport, const SocketAddress& peer);
  /// No more calls to the observer; REGISTER with Expires 0 if there may be a binding.
  void remove();
  const std::string& call_id() const { return call_id_; }

 private:
  void send();
  void on_event(const ClientEvent& event);
  void on_success(const Received& response);
  void retry(const Received& response);
  void fail_with(Ending ending);
  void on_trouble(Ending ending, Duration at_least);
  int64_t granted(const Message& response) const;

  Core& core_;
  const RegistrationHandle handle_;
  const Account account_;
  RegistrationObserver* observer_;
  Destination destination_;
  std::string call_id_, from_tag_, contact_, branch_;
  std::shared_ptr<DigestSession> session_;
  DigestTries tries_;
  int64_t expires_s_;
  Instant registered_at_{};
  SocketAddress flow_;  ///< where the registrar's last answer came from
  int failures_ = 0;    ///< in a row, since it was registered
  uint32_t cseq_ = 0;
  bool under_way_ = false;  ///< a REGISTER waits for its final answer
  bool bound_ = false;      ///< the registrar may know us
  bool removing_ = false;
  bool sent_removal_ = false;  ///< the last REGISTER had Expires 0
  Timer refresh_;
};

}  // namespace sipcast::sip
