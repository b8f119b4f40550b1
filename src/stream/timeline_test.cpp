#include "stream/timeline.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

double between_ms(const Timeline& timeline, uint32_t audio, uint32_t video) {
  const auto a = timeline.capture_time(MediaKind::Audio, RtpTimestamp{audio});
  const auto v = timeline.capture_time(MediaKind::Video, RtpTimestamp{video});
  return std::chrono::duration<double, std::milli>(*v - *a).count();
}

/// A phone whose video arrives `video_lag` later than its sound although both were captured
/// together.
struct Phone {
  Timeline timeline;
  Duration video_lag;
  uint32_t audio_base = 4'000'000'000u, video_base = 1234;  // the audio wraps soon
  void run(Duration from, Duration to) {
    for (Duration t = from; t < to; t += 20ms) {
      const auto ms = static_cast<uint32_t>(to_ms(t));
      timeline.on_packet(MediaKind::Audio, RtpTimestamp{audio_base + ms * 8}, 8000,
                         Instant{} + 5s + t + 10ms);
      timeline.on_packet(MediaKind::Video, RtpTimestamp{video_base + ms * 90}, 90000,
                         Instant{} + 5s + t + 10ms + video_lag);
    }
  }
  void report(Duration t, uint64_t uptime_seconds) {
    const auto ms = static_cast<uint32_t>(to_ms(t));
    const uint64_t ntp = (uptime_seconds << 32) + (static_cast<uint64_t>(ms) << 32) / 1000;
    timeline.on_sender_report(MediaKind::Audio, ntp, RtpTimestamp{audio_base + ms * 8});
    timeline.on_sender_report(MediaKind::Video, ntp, RtpTimestamp{video_base + ms * 90});
  }
  double offset_ms(Duration t) {
    const auto ms = static_cast<uint32_t>(to_ms(t));
    return between_ms(timeline, audio_base + ms * 8, video_base + ms * 90);
  }
};

TEST(Timeline, ArrivalsAloneTieTheTracksUntilReportsCome) {
  Phone phone{.video_lag = 80ms};
  phone.run(0s, 2s);
  EXPECT_NEAR(phone.offset_ms(1s), 80, 1);
}

TEST(Timeline, SenderReportsWithAnUptimeForNtpGiveLipSync) {
  Phone phone{.video_lag = 80ms};
  phone.run(0s, 1s);
  phone.report(1s, 17);  // 17 s of uptime, no wall clock
  phone.run(1s, 3s);
  EXPECT_TRUE(phone.timeline.lip_sync());
  EXPECT_NEAR(phone.offset_ms(2s), 0, 1);
}

TEST(Timeline, LateReportsAreSlewedNotStepped) {
  Phone phone{.video_lag = 80ms};
  phone.run(0s, 6s);
  phone.report(6s, 17);
  phone.run(6s, 6040ms);
  EXPECT_GT(phone.offset_ms(6s), 70);
  phone.run(6040ms, 12s);
  EXPECT_NEAR(phone.offset_ms(11s), 0, 2);
}

}  // namespace
}  // namespace sipcast
