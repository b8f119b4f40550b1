#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "bench/load/signalling.hpp"
#include "bench/load/stamp.hpp"
#include "secure/dtls_session.hpp"
#include "secure/srtp.hpp"

namespace sipcast::bench {

/// What viewers saw, in sum. Latencies in microseconds, from the stamp in the packet to the
/// kernel's receive timestamp.
struct ViewerTotals {
  uint64_t packets = 0, bytes = 0, lost = 0, bad = 0;
  std::vector<float> latency_us;       ///< since the packet was sent
  std::vector<float> behind_frame_us;  ///< video, since the frame's last packet was sent
};

/// The browser's end of a WebRTC connection: ICE checks, DTLS client, SRTP. Counts every packet,
/// opens a sample. No I/O, no clock: bytes and time in, bytes out.
class Viewer {
 public:
  using Output = std::vector<Bytes>;
  Viewer(const DtlsContext& dtls, const FrameEnds& ends);

  ViewerOffer offer() const;
  void start(const ViewerRemote& remote, Instant now, Output& out);
  void on_datagram(BytesView datagram, uint64_t received_ns, Instant now, ViewerTotals& totals,
                   Output& out);
  void on_timer(Instant now, Output& out);
  Instant deadline() const { return next_tick_; }
  /// Adds to `totals.lost` what was lost since the last call.
  void count_lost(ViewerTotals& totals);

  bool connected() const { return rtp_.has_value(); }
  /// Wall clock of the receipt of the first whole keyframe's last packet.
  std::optional<uint64_t> first_keyframe_ns() const { return first_keyframe_ns_; }
  const ViewerRemote& remote() const { return remote_; }
  void sample_by(uint32_t phase) { phase_ = phase; }

 private:
  struct Source {
    uint32_t ssrc = 0;
    uint32_t first = 0, highest = 0;  // extended sequence numbers
    uint32_t received = 0, told_lost = 0;
    bool used = false;
  };
  void check(Output& out);
  void on_dtls(BytesView datagram, Instant now, Output& out);
  void take_dtls_output(Output& out);
  void on_rtp(BytesView datagram, uint64_t received_ns, ViewerTotals& totals);
  void look_for_keyframe(BytesView plain, uint64_t received_ns);
  void measure(BytesView plain, uint64_t received_ns, ViewerTotals& totals) const;
  Source* source_of(uint32_t ssrc, uint16_t seq);
  void send_report(Output& out);

  const DtlsContext& dtls_;
  const FrameEnds& ends_;
  std::string ufrag_, pwd_;
  ViewerRemote remote_;
  uint64_t checks_ = 0;
  bool checked_ = false;
  Instant next_check_ = Instant::max(), next_tick_ = Instant::max(), next_report_ = Instant::max();
  std::unique_ptr<DtlsSession> session_;
  std::optional<SrtpReceiver> rtp_;
  std::optional<SrtcpSender> rtcp_;
  std::array<Source, 4> sources_{};
  uint32_t phase_ = 0;
  std::optional<uint64_t> first_keyframe_ns_;
  std::optional<uint16_t> keyframe_next_;  // the packet that a begun keyframe goes on with
};

}  // namespace sipcast::bench
