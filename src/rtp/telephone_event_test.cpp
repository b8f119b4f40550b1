#include "rtp/telephone_event.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

TEST(DtmfSender, SendsWhatItsReceiverReads) {
  DtmfSender sender(8000);
  DtmfReceiver receiver;
  sender.start("1#");
  std::string read, finished;
  for (uint32_t step = 0; step < 60; ++step) {
    for (const auto& packet : sender.step(RtpTimestamp{step * 160})) {
      if (const auto digit = receiver.on_packet(packet.payload, packet.timestamp)) read += *digit;
    }
    if (const auto digit = sender.finished()) finished += *digit;
  }
  EXPECT_EQ(read, "1#");
  EXPECT_EQ(finished, "1#");
}

TEST(DtmfSender, MarksTheFirstPacketAndRepeatsTheLast) {
  DtmfSender sender(8000);
  sender.start("5");
  std::vector<DtmfSender::Packet> packets;
  for (uint32_t step = 0; step < 13; ++step) {
    for (auto& packet : sender.step(RtpTimestamp{1000 + step * 160})) packets.push_back(packet);
  }
  ASSERT_EQ(packets.size(), 10u);
  for (size_t i = 0; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].marker, i == 0);
    EXPECT_EQ(packets[i].timestamp.value, 1000u);
    const auto event = read_telephone_event(packets[i].payload);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->end, i >= 7);
    EXPECT_EQ(event->duration, 160 * std::min<size_t>(i + 1, 8));
  }
  EXPECT_TRUE(sender.step(RtpTimestamp{5000}).empty());
}

TEST(ReadTelephoneEvent, RefusesWhatIsNoDigit) {
  EXPECT_FALSE(read_telephone_event(Bytes{}));
  EXPECT_FALSE(read_telephone_event(Bytes{1, 0x80, 0}));
  EXPECT_FALSE(read_telephone_event(Bytes{16, 0x80, 0, 1}));
  EXPECT_TRUE(read_telephone_event(Bytes{15, 0x80, 0, 1}));
}

}  // namespace
}  // namespace sipcast
