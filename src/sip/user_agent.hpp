#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "base/time.hpp"

namespace sipcast::sip {

enum class Transport : uint8_t { Udp, Tcp, Tls };
/// TCP and TLS: no retransmissions, Content-Length ends a message.
constexpr bool is_reliable(Transport transport) { return transport != Transport::Udp; }
/// 5060, and 5061 for TLS (RFC 3261 §19.1.2).
constexpr uint16_t default_port(Transport transport) {
  return transport == Transport::Tls ? 5061 : 5060;
}

/// Where a message goes to or came from. `host` is a name or an IP literal.
struct Target {
  Transport transport = Transport::Udp;
  std::string host;
  uint16_t port = 0;  ///< 0: the transport's own
  friend bool operator==(const Target&, const Target&) = default;
};

/// The world below the user agent: sockets and name look-ups, or a test. All on the control loop.
class UserAgentIo {
 public:
  virtual ~UserAgentIo() = default;
  /// Sends one message. A failure (name unknown, connection refused) comes back as
  /// UserAgent::on_send_failed with the same `branch`, never from inside of this call.
  virtual void send(const Target& to, std::string message, const std::string& branch) = 0;
  /// What Via and Contact say to this target: our advertised IP and port.
  virtual SocketAddress advertised(const Target& to) = 0;
  /// The message with this branch found no answer, or 503: the server that it was sent to rests.
  /// True when there is another one for `to` (RFC 3263 §4.3): what is sent next goes there.
  virtual bool fail_over(const Target& to, const std::string& branch) {
    (void)to, (void)branch;
    return false;
  }
  /// Whether fail_over() would find another one: then nobody waits for Timer B or F.
  virtual bool has_alternative(const Target& to) {
    (void)to;
    return false;
  }
};

/// A SIP account as REST gives it.
struct Account {
  std::string login;                ///< user part of From and of the AOR
  std::string authentication_name;  ///< digest user name
  std::string password;
  std::string domain;        ///< host of the AOR
  std::string display_name;  ///< of From; may be empty
  std::optional<Target>
      outbound_proxy;  ///< where requests are sent, as a loose route; none: the domain
  uint16_t port = 0;   ///< of the domain when there is no outbound proxy; 0: the transport's own
  Transport transport = Transport::Udp;
  std::string realm;  ///< only this realm's challenges are answered; "": the first that challenges
};

/// How a call or registration ended or failed.
struct Ending {
  int sip_status = 0;  ///< final SIP status; 0 when there was none (BYE, time-out, transport)
  std::string cause;   ///< plain words with the protocol's own: "SIP 486 Busy Here"
  bool by_peer = false;
  bool timeout = false;      ///< nobody answered (Timer B, F)
  bool unreachable = false;  ///< the name did not resolve or the connection was refused
  std::string sdp = {};      ///< of the final response: a 488 may say what the phone has
};

using CallHandle = uint64_t;

/// Who asked for a call, and which one it takes the place of: values of Referred-By (RFC 3892) and
/// of Replaces (RFC 3891); "" for none.
struct Referral {
  std::string referred_by, replaces;
};
/// REFER of the peer (RFC 3515): call this one.
struct ReferRequest {
  std::string target;  ///< a sip: URI
  Referral referral;
};
/// What becomes of our own REFER.
struct ReferProgress {
  int status = 0;  ///< of the call that the peer makes, or of the REFER when that is refused
  std::string reason = {};  ///< plain words
  bool over = false;        ///< no more comes
};

/// What a call tells its owner. All calls come from on_message, on_timer or on_send_failed.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void on_provisional(int status, std::string_view reason, std::string_view sdp) = 0;
  /// The first 2xx; the ACK is sent already. `sdp` is the answer, be it of the 2xx or of a reliable
  /// provisional response before; empty when there was none (the owner hangs up), or when an UPDATE
  /// has replaced it since (on_reoffer).
  virtual void on_answered(std::string_view sdp, const SocketAddress& from) = 0;
  /// A re-INVITE or UPDATE with an offer ("" for one without: answer with an offer). The SDP to
  /// answer with, or an error (488).
  virtual Result<std::string> on_reoffer(std::string_view sdp) = 0;
  /// The ACK of a re-INVITE without offer carries the peer's answer.
  virtual void on_late_answer(std::string_view sdp) = 0;
  /// The peer's answer to reoffer(), or to a refresh of the session that repeats our last SDP.
  virtual void on_reoffer_answered(std::string_view sdp) = 0;
  /// reoffer() was refused; the call goes on as it was.
  virtual void on_reoffer_failed(const Ending& ending) = 0;
  /// INFO in the dialog; returns the status to answer with.
  virtual int on_info(std::string_view content_type, std::string_view body) = 0;
  /// The peer transfers us, where Options::take_refer allows it. Returns the status to answer with;
  /// after 202 the owner makes the call, and says what becomes of it by tell_refer_progress().
  virtual int on_refer(const ReferRequest&) { return 403; }
  virtual void on_refer_progress(const ReferProgress&) {}
  virtual void on_ended(const Ending& ending) = 0;  ///< Last, once; the handle is dead.
};

/// An INVITE that came in.
struct IncomingCall {
  CallHandle handle;
  std::string sip_call_id;
  std::string from_uri, from_user, to_user, request_user, request_uri;
  std::string authorization;  ///< the header's value, "" without one
  std::string sdp;
  SocketAddress source;
  CallHandle replaces = 0;  ///< the established call whose place it takes (RFC 3891); 0: none
};

class RegistrationObserver {
 public:
  virtual ~RegistrationObserver() = default;
  virtual void on_registered(Duration expires) = 0;  ///< first success and each refresh
  virtual void on_registration_failed(
      const Ending& ending) = 0;  ///< tried no more until register_account
};
using RegistrationHandle = uint64_t;

/// RFC 3261 user agent core without I/O and clock: transactions (§17, RFC 6026), dialogs (§12),
/// REGISTER with refresh (§10), INVITE, ACK, CANCEL, BYE, OPTIONS, INFO; UPDATE (RFC 3311), 100rel
/// (RFC 3262), session timers (RFC 4028); digest with MD5,
/// SHA-256 and SHA-512-256 (RFC 7616, RFC 8760: SHA-256 preferred), 401 and 407, qop auth, nc,
/// stale; forked 2xx: the first wins, others get ACK and BYE; rport (RFC 3581). Control loop only.
class UserAgent {
 public:
  struct Options {
    std::string product = "sipcast";  ///< User-Agent and Server
    Duration t1 = std::chrono::milliseconds(500);
    Duration t2 = std::chrono::seconds(4);
    Duration t4 = std::chrono::seconds(5);
    Duration registration_expires = std::chrono::seconds(300);
    size_t udp_max = 1300;  ///< larger requests go over TCP where the peer takes it (§18.1.1)
    size_t max_calls = 5000;
    /// Session timers (RFC 4028): what we ask for; 0: none. Shorter ones than the least get 422.
    Duration session_expires = std::chrono::minutes(30);
    Duration min_session_expires = std::chrono::seconds(90);
    bool take_refer = false;   ///< else REFER gets 405, and Replaces is not understood
    size_t max_redirects = 0;  ///< how many 3xx a call follows; 0: they end it
    /// Whether a redirect to this sip: URI may be followed; none: to any.
    std::function<bool(std::string_view uri)> may_redirect = {};
  };
  /// Decides on an INVITE from outside any dialog, then or later, by ring(), accept() or reject().
  /// Without a handler they get 403 (OPTIONS are answered all the same).
  using IncomingHandler = std::function<void(const IncomingCall&)>;
  /// An incoming call ended before accept() or reject(): CANCEL, BYE. Its handle is dead.
  using CancelledHandler = std::function<void(CallHandle, const Ending&)>;

  UserAgent(Options options, UserAgentIo& io, Logger log);
  ~UserAgent();
  void set_incoming_handler(IncomingHandler handler, CancelledHandler cancelled = {});

  /// Sends INVITE to `callee` (a user part, "user@host", or a sip: URI) with `sdp`. The observer
  /// must live until on_ended or forget(). Errors: InvalidArgument (callee is no user or URI),
  /// Exhausted.
  Result<CallHandle> invite(const Account& account, std::string_view callee, std::string sdp,
                            CallObserver& observer, Instant now, const Referral& referral = {});
  /// From now on `observer` hears what comes.
  void observe(CallHandle call, CallObserver& observer, Instant now);
  /// CANCEL, BYE or 4xx, as the dialog demands; on_ended comes when it is done (at once where
  /// nothing has to be awaited), at the latest after the transaction times out.
  void hangup(CallHandle call, Instant now);
  /// No more calls to the observer; what has to be sent to end the call is still sent.
  void forget(CallHandle call, Instant now);
  /// A re-INVITE with this offer, as soon as the call is established and nothing else is under way;
  /// a newer one takes the place of one that still waits. 491 is tried again (RFC 3261 §14.1). The
  /// observer hears on_reoffer_answered or on_reoffer_failed.
  void reoffer(CallHandle call, std::string sdp, Instant now);
  /// INFO in the dialog; ignored while it is not established.
  void send_info(CallHandle call, std::string content_type, std::string body, Instant now);

  /// What becomes of the call that the peer's REFER asked for: NOTIFY; from 200 on it is over.
  void tell_refer_progress(CallHandle call, int status, Instant now);
  /// REFER: the peer shall call `target`, a sip: URI. The observer hears on_refer_progress.
  void refer(CallHandle call, std::string target, Instant now);

  // An incoming call; nothing happens when the caller gave up already:
  void ring(CallHandle call, int status, std::string sdp, Instant now);  ///< 180 or 183
  void accept(CallHandle call, std::string sdp, CallObserver& observer, Instant now);
  void reject(CallHandle call, int status, Instant now);
  /// 401 with these values of WWW-Authenticate; the caller comes again with another INVITE.
  void challenge(CallHandle call, const std::vector<std::string>& challenges, Instant now);

  RegistrationHandle register_account(const Account& account, RegistrationObserver& observer,
                                      Instant now);
  /// Sends REGISTER with Expires 0 and forgets the observer.
  void unregister(RegistrationHandle registration, Instant now);

  void on_message(BytesView message, Transport transport, const SocketAddress& from, Instant now);
  /// A connection with `peer` broke (Tcp, for TLS too), or our address as it sees us has changed
  /// (Udp): registrations that went that way are renewed.
  void on_flow_lost(Transport transport, const SocketAddress& peer, Instant now);
  /// A message with `branch` could not be sent. By value: whoever held the branch may go meanwhile.
  void on_send_failed(std::string branch, const std::string& cause, Instant now);
  std::optional<Instant> deadline() const;  ///< When on_timer wants to be called.
  void on_timer(Instant now);

  /// The Call-ID of a call or registration; "" when it is over.
  std::string sip_call_id(uint64_t handle) const;
  size_t calls() const;
  size_t transactions() const;  ///< 0 when nothing is under way: tests count leaks with it

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sipcast::sip
