#pragma once
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "net/event_loop.hpp"
#include "net/media_loop.hpp"
#include "net/resolver.hpp"
#include "net/sip_sockets.hpp"
#include "phone/json_line.hpp"
#include "phone/phone_call.hpp"
#include "phone/phone_options.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::phone {

/// The built-in test phone: a SIP user agent that answers calls and sends each a live test card and
/// a tone. It has a control loop and a media loop of its own, so a test may run one (or ten) in its
/// process. start() and stop() are called by one thread that is neither loop.
class Phone final : private sip::UserAgentIo,
                    private SipSockets::Observer,
                    private sip::RegistrationObserver,
                    private PhoneCallOwner {
 public:
  /// `events` is called from both loops. Events: listening, registered, registration_failed,
  /// incoming, established, changed, pli, dtmf, error, ended; the README lists their members.
  Phone(PhoneOptions options, EventSink events, Logger log);
  ~Phone() override;
  Phone(const Phone&) = delete;

  /// Called once, on the control loop, when as many calls are over as the options say.
  void set_finished_handler(std::function<void()> finished) { finished_ = std::move(finished); }
  /// Binds, and registers if asked to. The address that SIP listens on. Errors: Io.
  Result<SocketAddress> start();
  /// Hangs up, unregisters, waits two seconds at most for the peers, and ends both loops.
  void stop();

 private:
  void send(const sip::Target& to, std::string message, const std::string& branch) override;
  SocketAddress advertised(const sip::Target& to) override;
  void on_message(BytesView message, SipTransport transport, const SocketAddress& from) override;
  void on_tcp_failed(const SocketAddress& to, const std::string& cause) override;
  void on_registered(Duration expires) override;
  void on_registration_failed(const sip::Ending& ending) override;
  PhoneCall* find(uint64_t call) override;
  void on_agent_used() override;
  void on_call_over(uint64_t call) override;

  Result<SocketAddress> open();
  void register_account();
  void on_incoming(const sip::IncomingCall& incoming);
  void send_to(const SocketAddress& to, sip::Transport transport, const std::string& message,
               const std::string& branch);
  void send_failed(const std::string& branch, const std::string& cause);
  void on_cancelled(sip::CallHandle handle, const sip::Ending& ending);
  void begin_stop();
  void check_stopped();

  PhoneOptions options_;
  EventSink events_;
  Logger log_;
  std::function<void()> finished_;
  MediaLoop media_;
  EventLoop control_;
  // Below: control loop only.
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<SipSockets> sockets_;
  std::unique_ptr<sip::UserAgent> agent_;
  std::map<uint64_t, std::unique_ptr<PhoneCall>> calls_;
  uint64_t next_call_ = 1;
  uint64_t calls_over_ = 0;
  std::optional<sip::RegistrationHandle> registration_;
  struct TcpSend {
    SocketAddress to;
    std::string branch;
  };
  std::vector<TcpSend> tcp_sends_;  // the last few, to name the branch when a connection fails
  EventLoop::Timer agent_timer_, stop_timer_;
  bool stopping_ = false;
  std::optional<std::promise<void>> stopped_;
  bool running_ = false;  // start()'s and stop()'s thread
};

}  // namespace sipcast::phone
