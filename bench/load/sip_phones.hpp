#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/load/media_source.hpp"
#include "bench/load/poll_loop.hpp"
#include "bench/load/udp.hpp"
#include "sdp/sip_media.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::bench {

struct PhoneTotals {
  uint64_t packets = 0, bytes = 0;          ///< of RTP sent
  uint64_t keyframes_asked_for = 0;         ///< PLI, FIR, INFO
  uint64_t invites = 0, answered = 0, ended = 0;
};

/// M SIP phones on one thread: one UDP socket of SIP, four of media for all. Each answers at once
/// and sends its MediaSource until BYE. Public members are for the scenario's thread.
class SipPhones final : private sip::UserAgentIo {
 public:
  SipPhones(const SourceOptions& source, int core);
  ~SipPhones() override;

  const SocketAddress& address() const { return sip_address_; }
  PhoneTotals totals();
  /// When the INVITE for `user` was received, on the wall clock; 0: never.
  uint64_t invited_ns(const std::string& user);
  /// For a single phone: when its frames were sent.
  const FrameEnds& frame_ends() const { return ends_; }

 private:
  struct Call;
  struct Due {
    Instant at;
    uint64_t call;
    bool operator<(const Due& other) const { return at > other.at; }
  };
  void send(const sip::Target& to, std::string message, const std::string& branch) override;
  SocketAddress advertised(const sip::Target& to) override;
  void on_sip();
  void on_incoming(const sip::IncomingCall& incoming);
  void arm_agent();
  void arm_media();
  void send_due();
  void send_media(Call& call, Instant now);
  void on_rtcp(int fd);

  SourceOptions source_;
  FrameEnds ends_;
  UniqueFd sip_, audio_, audio_rtcp_, video_, video_rtcp_;
  SocketAddress sip_address_;
  std::function<void()> on_sip_, on_audio_, on_audio_rtcp_, on_video_, on_video_rtcp_;
  // On the loop.
  UdpDrain drain_;
  UdpBatch audio_batch_, video_batch_;
  std::unique_ptr<sip::UserAgent> agent_;
  std::map<uint64_t, std::unique_ptr<Call>> calls_;
  std::unordered_map<uint32_t, Call*> by_ssrc_;
  std::unordered_map<std::string, uint64_t> invited_;
  std::priority_queue<Due> due_;
  uint64_t media_timer_ = 0, agent_timer_ = 0;
  Instant agent_due_ = Instant::max();
  uint64_t next_call_ = 1;
  uint64_t received_ns_ = 0;  // of the SIP message in hand
  PhoneTotals totals_;
  PollLoop loop_;  // last: its thread uses the others
};

}  // namespace sipcast::bench
