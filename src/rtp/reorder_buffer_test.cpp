#include "rtp/reorder_buffer.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace sipcast {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class Reorder : public testing::Test {
 protected:
  void push(int seq, Instant now = Instant{}, uint32_t ssrc = 1) {
    Bytes datagram(kRtpHeaderSize + 2, static_cast<uint8_t>(seq));
    write_rtp_header({.marker = false,
                      .payload_type = 96,
                      .seq = SequenceNumber(static_cast<uint16_t>(seq)),
                      .timestamp = RtpTimestamp{0},
                      .ssrc = Ssrc{ssrc}},
                     datagram);
    buffer.push(*parse_rtp(datagram), datagram, now, out);
  }
  /// Sequence numbers given out since the last call; a gap in front makes them negative.
  std::vector<int> given() {
    std::vector<int> numbers;
    for (const StoredRtp& packet : out) {
      EXPECT_EQ(packet.view.payload.size(), 2u);
      EXPECT_EQ(packet.view.payload.data(), packet.bytes.data() + kRtpHeaderSize);
      EXPECT_EQ(packet.view.payload[0], static_cast<uint8_t>(packet.view.seq.value()));
      numbers.push_back(packet.gap_before ? -packet.view.seq.value() : packet.view.seq.value());
    }
    out.clear();
    return numbers;
  }
  ReorderBuffer buffer{{.least = 50ms, .most = 50ms}, 8};
  std::vector<StoredRtp> out;
};

TEST_F(Reorder, GivesOutAtOnceWhatIsInOrder) {
  for (const int seq : {10, 11, 12}) push(seq);
  EXPECT_THAT(given(), ElementsAre(10, 11, 12));
  EXPECT_FALSE(buffer.deadline());
}

TEST_F(Reorder, PutsSwappedPacketsInOrderAcrossTheWrap) {
  for (const int seq : {65533, 65535, 65534, 1, 0, 2}) push(seq);
  EXPECT_THAT(given(), ElementsAre(65533, 65534, 65535, 0, 1, 2));
  EXPECT_EQ(buffer.stats().reordered_total, 2u);
  EXPECT_EQ(buffer.stats().lost_total, 0u);
}

TEST_F(Reorder, HoldsBackAtMostMaxWait) {
  const Instant start{1s};
  push(1, start);
  push(3, start + 10ms);
  push(4, start + 20ms);
  EXPECT_THAT(given(), ElementsAre(1));
  ASSERT_EQ(buffer.deadline(), start + 60ms);
  buffer.on_timer(start + 59ms, out);
  EXPECT_THAT(given(), IsEmpty());
  buffer.on_timer(start + 60ms, out);
  EXPECT_THAT(given(), ElementsAre(-3, 4));
  EXPECT_EQ(buffer.stats().lost_total, 1u);
  EXPECT_FALSE(buffer.deadline());
}

TEST_F(Reorder, TheSecondGapWaitsForItsOwnTime) {
  const Instant start{1s};
  push(1, start);
  push(3, start + 10ms);
  push(5, start + 30ms);
  buffer.on_timer(start + 60ms, out);
  EXPECT_THAT(given(), ElementsAre(1, -3));
  EXPECT_EQ(buffer.deadline(), start + 80ms);
  push(6, start + 90ms);  // a push sees that time is up as well
  EXPECT_THAT(given(), ElementsAre(-5, 6));
}

TEST_F(Reorder, DropsDuplicatesAndLatePackets) {
  const Instant start{1s};
  push(1, start);
  push(3, start);
  push(3, start);         // held
  push(1, start);         // given out
  push(4, start + 60ms);  // gives up 2
  push(2, start + 61ms);  // late
  EXPECT_THAT(given(), ElementsAre(1, -3, 4));
  EXPECT_EQ(buffer.stats().duplicates_total, 2u);
  EXPECT_EQ(buffer.stats().late_total, 1u);
  EXPECT_EQ(buffer.stats().received_total, 6u);
}

TEST_F(Reorder, WaitsLongerOnALegThatSwapsPackets) {
  buffer = ReorderBuffer({.least = 20ms, .most = 100ms}, 8);
  const Instant start{1s};
  push(1, start);
  push(3, start);
  EXPECT_EQ(buffer.deadline(), start + 20ms);
  push(2, start + 15ms);  // 15 ms behind what was sent after it
  push(5, start + 20ms);
  EXPECT_EQ(buffer.deadline(), start + 50ms);
  buffer.on_timer(start + 50ms, out);
  push(4, start + 110ms);  // too late: 5 was given out alone
  push(7, start + 200ms);
  EXPECT_THAT(given(), ElementsAre(1, 2, 3, -5));
  EXPECT_GT(buffer.deadline(), start + 251ms);
  push(6, start + 251ms);
  push(9, start + 300ms);
  EXPECT_EQ(buffer.deadline(), start + 400ms) << "never longer than the most";
}

TEST_F(Reorder, StopsWaitingOnALegThatOnlyLosesPackets) {
  buffer = ReorderBuffer({.least = 20ms, .most = 100ms}, 8);
  Instant now{1s};
  push(1, now);
  push(3, now);
  buffer.on_timer(now + 20ms, out);
  push(2, now + 50ms);
  EXPECT_EQ(buffer.stats().late_total, 1u);
  for (int seq = 5; seq < 45; seq += 2) {
    push(seq, now += 200ms);
    buffer.on_timer(now + 100ms, out);
  }
  push(46, now += 200ms);
  EXPECT_EQ(buffer.deadline(), now + 20ms);
}

TEST_F(Reorder, GivesUpTheOldestGapWhenFull) {
  push(1);
  for (int seq = 3; seq < 11; ++seq) push(seq);
  EXPECT_THAT(given(), ElementsAre(1));
  push(12);
  EXPECT_THAT(given(), ElementsAre(-3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_TRUE(buffer.deadline());
}

TEST_F(Reorder, WithoutAWaitItOnlyMarksGaps) {
  buffer = ReorderBuffer({.least = 0ms, .most = 0ms}, 8);
  for (const int seq : {1, 3, 2, 4}) push(seq);
  EXPECT_THAT(given(), ElementsAre(1, -3, 4));
  EXPECT_EQ(buffer.stats().late_total, 1u);
}

TEST_F(Reorder, TakesTwoConsecutiveFarPacketsForARestart) {
  push(100);
  push(30000);
  EXPECT_THAT(given(), ElementsAre(100));
  push(30001);
  push(30002);
  EXPECT_THAT(given(), ElementsAre(-30000, 30001, 30002));
  EXPECT_EQ(buffer.stats().restarts_total, 1u);
  EXPECT_EQ(buffer.stats().lost_total, 0u);
}

TEST_F(Reorder, ASingleStrayPacketChangesNothing) {
  push(100);
  push(30000);
  push(101);
  push(40000);
  push(102);
  EXPECT_THAT(given(), ElementsAre(100, 101, 102));
  EXPECT_EQ(buffer.stats().late_total, 2u);
  EXPECT_EQ(buffer.stats().restarts_total, 0u);
}

TEST_F(Reorder, ANewSsrcStartsAnewAndFlushesTheOldOne) {
  push(100);
  push(102);
  push(7, Instant{}, 2);
  push(8, Instant{}, 2);
  EXPECT_THAT(given(), ElementsAre(100, -102, -7, 8));
  EXPECT_EQ(buffer.stats().restarts_total, 1u);
}

TEST_F(Reorder, RestoresAnyShuffleWithinItsWindow) {
  std::vector<int> expected;
  uint32_t noise = 7;
  for (uint16_t block = 0; block < 20000; ++block) {
    std::vector<uint16_t> seqs;
    for (int i = 0; i < 6; ++i) seqs.push_back(static_cast<uint16_t>(block * 6 + i));
    for (const uint16_t seq : seqs) expected.push_back(seq);
    if (block > 0) {
      for (size_t i = 5; i > 0; --i) {
        noise = noise * 1664525 + 1013904223;
        std::swap(seqs[i], seqs[(noise >> 16) % (i + 1)]);
      }
    }
    for (const uint16_t seq : seqs) push(seq);
  }
  EXPECT_EQ(given(), expected);
}

}  // namespace
}  // namespace sipcast
