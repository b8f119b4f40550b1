#pragma once
#include "bench/load/media_source.hpp"
#include "bench/load/poll_loop.hpp"
#include "bench/load/udp.hpp"

namespace sipcast::bench {

/// One MediaSource sent as plain RTP to fixed ports, for servers that take no call. PLI and FIR come
/// from `video_rtcp`, to which a receiver report is sent each second.
class RtpPhone {
 public:
  struct To {
    SocketAddress audio, video, video_rtcp;
    uint8_t audio_type = 8, video_type = 96;
  };
  RtpPhone(const SourceOptions& source, const To& to, int core);
  ~RtpPhone() { loop_.stop(); }
  const FrameEnds& frame_ends() const { return ends_; }

 private:
  void send_due();
  void say_hello();

  To to_;
  FrameEnds ends_;
  MediaSource source_;
  UniqueFd rtp_, rtcp_;
  std::function<void()> on_rtcp_;
  UdpDrain drain_;
  UdpBatch batch_;
  PollLoop loop_;  // last: its thread uses the others
};

}  // namespace sipcast::bench
