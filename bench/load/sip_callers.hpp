#pragma once
#include <atomic>
#include <map>
#include <memory>

#include "bench/load/poll_loop.hpp"
#include "bench/load/udp.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::bench {

/// Calls through a proxy, each hung up some time after its answer: INVITE, ACK, BYE without media.
/// Public members are for the scenario's thread.
class SipCallers final : private sip::UserAgentIo {
 public:
  SipCallers(const SocketAddress& proxy, const SocketAddress& phones, Duration talk, int core);
  ~SipCallers() override;
  void call(const std::string& user);
  size_t ended() const { return ended_; }  ///< after having been answered

 private:
  struct Call;
  void send(const sip::Target& to, std::string message, const std::string& branch) override;
  SocketAddress advertised(const sip::Target&) override { return address_; }
  void arm();

  sip::Target proxy_;
  SocketAddress phones_;
  Duration talk_;
  UniqueFd fd_;
  SocketAddress address_;
  std::function<void()> readable_;
  UdpDrain drain_;
  std::unique_ptr<sip::UserAgent> agent_;
  std::map<uint64_t, std::unique_ptr<Call>> calls_;
  uint64_t next_call_ = 1;
  uint64_t timer_ = 0;
  Instant due_ = Instant::max();
  std::atomic<size_t> ended_ = 0;
  PollLoop loop_;  // last: its thread uses the others
};

}  // namespace sipcast::bench
