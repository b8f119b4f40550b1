// Ten minutes of a phone whose two clocks run apart, over a jittery network in virtual time: sound
// and picture of one moment stay one moment for everybody who reads the timeline.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "rtp/reorder_buffer.hpp"
#include "rtp/rtcp.hpp"
#include "simulated_link.hpp"
#include "stream/timeline.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

/// One medium of the phone: its clock is `ppm` fast against the phone's wall clock.
class Sender {
 public:
  Sender(MediaKind kind, uint32_t hz, double ppm, const SimulatedLink::Weather& weather)
      : kind_(kind), hz_(hz), rate_(1 + ppm / 1e6), link_(weather, static_cast<unsigned>(hz)) {}

  RtpTimestamp timestamp_at(Instant time) const {
    const double seconds = std::chrono::duration<double>(time.time_since_epoch()).count();
    return RtpTimestamp{0xfff00000u + static_cast<uint32_t>(std::llround(seconds * rate_ * hz_))};
  }
  void send_packet(Instant now) {
    Bytes packet(kRtpHeaderSize + 100);
    write_rtp_header({.payload_type = 96,
                      .seq = SequenceNumber(seq_++),
                      .timestamp = timestamp_at(now),
                      .ssrc = Ssrc{hz_}},
                     packet);
    link_.send(packet, now);
  }
  void send_report(Instant now) {
    // The phone's NTP is its uptime, as with many.
    link_.send(rtcp::compound(
                   rtcp::SenderReport{
                       .ssrc = Ssrc{hz_},
                       .ntp = to_ntp(WallTime(
                           std::chrono::duration_cast<WallTime::duration>(now.time_since_epoch()))),
                       .timestamp = timestamp_at(now),
                       .packets = 0,
                       .octets = 0,
                       .blocks = {}},
                   "phone", {}),
               now);
  }
  void deliver(Instant until, Timeline& timeline) {
    while (link_.next_arrival() && *link_.next_arrival() <= until) {
      const Instant now = *link_.next_arrival();
      const Bytes datagram = link_.receive();
      if (is_rtcp(datagram)) {
        const auto packets = rtcp::parse(datagram);
        ASSERT_TRUE(packets);
        const auto& report = std::get<rtcp::SenderReport>(packets->front());
        timeline.on_sender_report(kind_, report.ntp, report.timestamp);
        continue;
      }
      reorder_.push(*parse_rtp(datagram), datagram, now, in_order_);
      for (const StoredRtp& stored : in_order_) {
        timeline.on_packet(kind_, stored.view.timestamp, hz_, stored.arrival);
      }
      in_order_.clear();
    }
  }

 private:
  MediaKind kind_;
  uint32_t hz_;
  double rate_;
  SimulatedLink link_;
  uint16_t seq_ = 0;
  ReorderBuffer reorder_{{.least = 20ms, .most = 120ms}, 512};
  std::vector<StoredRtp> in_order_;
};

struct Clocks {
  const char* name;
  double audio_ppm, video_ppm;
  bool reports;
};
std::ostream& operator<<(std::ostream& out, const Clocks& clocks) { return out << clocks.name; }

class Drift : public testing::TestWithParam<Clocks> {};

TEST_P(Drift, SoundAndPictureStayTogetherForTenMinutes) {
  constexpr Duration kDelay = 40ms, kJitter = 60ms;
  const SimulatedLink::Weather weather{.loss = 0.05, .delay = kDelay, .jitter = kJitter};
  Sender audio(MediaKind::Audio, 8000, GetParam().audio_ppm, weather);
  Sender video(MediaKind::Video, 90000, GetParam().video_ppm, weather);
  Timeline timeline;
  std::vector<double> apart_ms;
  double least_late = 1e9, most_late = -1e9;
  for (int tick = 0; tick < 10 * 60 * 50; ++tick) {
    const Instant now{1h + tick * 20ms};
    audio.send_packet(now);
    if (tick % 2 == 0) video.send_packet(now);
    if (GetParam().reports && tick % 250 == 100) {
      audio.send_report(now);
      video.send_report(now);
    }
    audio.deliver(now, timeline);
    video.deliver(now, timeline);
    if (now - Instant(1h) < 20s) continue;
    const Instant moment = now - 200ms;
    const auto heard = timeline.capture_time(MediaKind::Audio, audio.timestamp_at(moment));
    const auto seen = timeline.capture_time(MediaKind::Video, video.timestamp_at(moment));
    ASSERT_TRUE(heard && seen);
    const auto ms = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
    apart_ms.push_back(std::abs(ms(*heard - *seen)));
    least_late = std::min(least_late, ms(*heard - moment));
    most_late = std::max(most_late, ms(*heard - moment));
  }
  std::ranges::sort(apart_ms);
  const double median = apart_ms[apart_ms.size() / 2], most = apart_ms.back();
  RecordProperty("median_ms", std::to_string(median));
  RecordProperty("most_ms", std::to_string(most));
  std::printf("      apart: median %.1f ms, at most %.1f ms; late by %.1f to %.1f ms\n", median,
              most, least_late, most_late);
  EXPECT_LE(median, 10);
  EXPECT_LE(most, GetParam().reports ? 25 : 45);
  EXPECT_GE(least_late, 35) << "against our own clock";
  EXPECT_LE(most_late, 40 + 60 + 5);
}

INSTANTIATE_TEST_SUITE_P(Phones, Drift,
                         testing::Values(Clocks{"one clock, exact", 0, 0, true},
                                         Clocks{"one clock, fast", 100, 100, true},
                                         Clocks{"one clock, slow", -100, -100, true},
                                         Clocks{"two clocks, apart", 100, -100, true},
                                         Clocks{"two clocks, the other way", -100, 100, true},
                                         Clocks{"no RTCP at all", 100, -100, false}));

}  // namespace
}  // namespace sipcast
