#include "bench/load/rtp_phone.hpp"

#include <algorithm>

#include "rtp/rtcp.hpp"

namespace sipcast::bench {
namespace {
using namespace std::chrono_literals;
const SocketAddress kLoopback = *SocketAddress::parse("127.0.0.1", 0);
}  // namespace

RtpPhone::RtpPhone(const SourceOptions& source, const To& to, int core)
    : to_(to),
      source_(source, std::chrono::steady_clock::now()),
      rtp_(open_udp(kLoopback, 1 << 16)),
      rtcp_(open_udp(kLoopback, 1 << 16)),
      loop_("phone", core) {
  on_rtcp_ = [this] {
    drain_.drain(rtcp_.get(), [this](BytesView bytes, const SocketAddress&, uint64_t) {
      const auto packets = rtcp::parse(bytes);
      if (!packets) return;
      for (const rtcp::Packet& packet : *packets) {
        if (std::holds_alternative<rtcp::Pli>(packet) || std::holds_alternative<rtcp::Fir>(packet)) {
          source_.want_keyframe();
        }
      }
    });
  };
  loop_.ask([this] {
    loop_.watch(rtcp_.get(), &on_rtcp_);
    say_hello();
    send_due();
  });
}

/// So that the server learns where our RTCP is.
void RtpPhone::say_hello() {
  const Bytes report = rtcp::compound(rtcp::SenderReport{.ssrc = source_.video_ssrc(), .blocks = {}}, "phone");
  std::ranges::copy(report, batch_.space().begin());
  batch_.add(rtcp_.get(), report.size(), to_.video_rtcp);
  batch_.flush(rtcp_.get());
  loop_.at(loop_.now() + 1s, [this] { say_hello(); });
}

void RtpPhone::send_due() {
  const Instant now = std::chrono::steady_clock::now();
  for (DuePacket packet; source_.take(now, packet);) {
    const bool audio = packet.kind == MediaKind::Audio;
    const uint64_t stamp = wall_ns();
    const size_t size =
        source_.write(packet, audio ? to_.audio_type : to_.video_type, stamp, batch_.space());
    batch_.add(rtp_.get(), size, audio ? to_.audio : to_.video);
    if (packet.marker) ends_.set(packet.frame, stamp);
  }
  batch_.flush(rtp_.get());
  loop_.at(source_.next(), [this] { send_due(); });
}

}  // namespace sipcast::bench
