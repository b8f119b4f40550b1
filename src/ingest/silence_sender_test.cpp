#include "ingest/silence_sender.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

TEST(SilenceSender, DigitsTakeThePlaceOfSilenceOnOneLineOfNumbers) {
  SilenceSender sender(Codec::Pcma, 8, Ssrc{7});
  DtmfReceiver receiver;
  std::string heard;
  std::optional<SequenceNumber> last;
  RtpTimestamp first{};
  std::optional<RtpTimestamp> silence_after;
  for (int step = 0; step < 60; ++step) {
    if (step == 5) sender.play_digits("4#", 101);
    for (const Bytes& packet : sender.next()) {
      const auto rtp = parse_rtp(packet);
      ASSERT_TRUE(rtp);
      EXPECT_EQ(rtp->ssrc, Ssrc{7});
      if (last) EXPECT_EQ(rtp->seq, last->plus(1));
      last = rtp->seq;
      if (step == 0) first = rtp->timestamp;
      if (rtp->payload_type == 101) {
        if (const auto digit = receiver.on_packet(rtp->payload, rtp->timestamp)) heard += *digit;
        continue;
      }
      EXPECT_EQ(rtp->payload_type, 8);
      EXPECT_EQ(rtp->payload.size(), 160u);
      EXPECT_EQ(rtp->timestamp.value, first.value + 160u * static_cast<uint32_t>(step));
      silence_after = rtp->timestamp;
    }
  }
  EXPECT_EQ(heard, "4#");
  EXPECT_TRUE(silence_after);
  const auto report = sender.report({});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->packets, 60u - 16 + 20);  // two digits: 8 steps each, their ends three times
}

}  // namespace
}  // namespace sipcast
