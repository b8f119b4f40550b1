#include "rtp/receiver_stats.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

class Receiver : public testing::Test {
 protected:
  void receive(int seq, uint32_t timestamp = 0, Instant at = Instant{}, uint32_t ssrc = 1) {
    RtpView rtp;
    rtp.seq = SequenceNumber(static_cast<uint16_t>(seq));
    rtp.timestamp = RtpTimestamp{timestamp};
    rtp.ssrc = Ssrc{ssrc};
    rtp.payload = payload;
    stats.on_rtp(rtp, at);
  }
  const Bytes payload = Bytes(10);
  ReceiverStats stats{8000};
};

TEST_F(Receiver, HasNothingToReportBeforeTheFirstPacket) {
  EXPECT_FALSE(stats.report(Instant{}));
  EXPECT_FALSE(stats.ssrc());
  EXPECT_EQ(stats.lost(), 0);
}

TEST_F(Receiver, CountsLossPerIntervalAndInAll) {
  for (const int seq : {65533, 65534, 0, 1}) receive(seq);  // 65535 is missing
  auto block = stats.report(Instant{});
  ASSERT_TRUE(block);
  EXPECT_EQ(block->ssrc, Ssrc{1});
  EXPECT_EQ(block->fraction_lost, 256 / 5);
  EXPECT_EQ(block->cumulative_lost, 1);
  EXPECT_EQ(block->highest_sequence, 0x10001u);
  for (const int seq : {2, 3, 4}) receive(seq);
  block = stats.report(Instant{});
  EXPECT_EQ(block->fraction_lost, 0);
  EXPECT_EQ(block->cumulative_lost, 1);
  EXPECT_EQ(stats.packets(), 7u);
  EXPECT_EQ(stats.bytes(), 70u);
}

TEST_F(Receiver, DuplicatesMakeLossNegative) {
  for (const int seq : {1, 2, 2, 2}) receive(seq);
  EXPECT_EQ(stats.lost(), -2);
  const auto block = stats.report(Instant{});
  EXPECT_EQ(block->cumulative_lost, -2);
  EXPECT_EQ(block->fraction_lost, 0);
}

TEST_F(Receiver, AReorderedPacketIsNotLost) {
  for (const int seq : {1, 3, 2, 4}) receive(seq);
  EXPECT_EQ(stats.lost(), 0);
}

TEST_F(Receiver, AllLostButOneIsClampedToOneByte) {
  receive(1);
  (void)stats.report(Instant{});
  receive(2000);
  EXPECT_EQ(stats.report(Instant{})->fraction_lost, 1998 * 256 / 1999);
}

TEST_F(Receiver, JitterFollowsAppendixA8) {
  Instant at{1s};
  receive(1, 0, at);
  receive(2, 160, at += 20ms);  // as sent
  EXPECT_DOUBLE_EQ(stats.jitter_ms(), 0);
  receive(3, 320, at += 30ms);  // 10 ms late: |D| is 80
  EXPECT_NEAR(stats.jitter_ms(), 10.0 / 16, 1e-9);
  receive(4, 480, at += 10ms);  // 10 ms early
  const double expected = 10.0 / 16 + (10 - 10.0 / 16) / 16;
  EXPECT_NEAR(stats.jitter_ms(), expected, 1e-9);
  EXPECT_EQ(stats.report(at)->jitter, static_cast<uint32_t>(expected * 8));
}

TEST_F(Receiver, TellsTheDelaySinceTheLastSenderReport) {
  receive(1);
  rtcp::SenderReport report;
  report.ssrc = Ssrc{1};
  report.ntp = 0x0102030405060708;
  stats.on_sender_report(report, Instant{1s});
  report.ssrc = Ssrc{2};
  report.ntp = 0;
  stats.on_sender_report(report, Instant{2s});  // a stranger's
  const auto block = stats.report(Instant{6s + 250ms});
  EXPECT_EQ(block->last_sr, 0x03040506u);
  EXPECT_EQ(block->delay_since_last_sr, 0x54000u);  // the 5.25 s of RFC 3550 figure 2
}

TEST_F(Receiver, ANewSsrcStartsAnew) {
  receive(1);
  receive(5);
  receive(900, 0, Instant{}, 2);
  EXPECT_EQ(stats.ssrc(), Ssrc{2});
  EXPECT_EQ(stats.lost(), 0);
  EXPECT_EQ(stats.report(Instant{})->highest_sequence, 900u);
  EXPECT_EQ(stats.packets(), 3u);
}

TEST_F(Receiver, AJumpThatGoesOnIsARestart) {
  receive(1);
  receive(30000);  // not yet
  EXPECT_EQ(stats.lost(), 0);
  receive(30001);
  receive(30002);
  EXPECT_EQ(stats.lost(), 0);
  EXPECT_EQ(stats.report(Instant{})->highest_sequence, 30002u);
}

}  // namespace
}  // namespace sipcast
