#include "rtp/rtp_parser.hpp"

#include <gmock/gmock.h>

#include "rtp/rtx.hpp"
#include "rtp/video_test_data.hpp"

namespace sipcast {
namespace {
using testdata::from_hex;
using testing::ElementsAre;

TEST(ParseRtp, RejectsWhatRfc3550Forbids) {
  struct Case {
    const char* name;
    Bytes bytes;
    Errc expected;
  };
  const Case cases[] = {
      {"empty", {}, Errc::Truncated},
      {"11 bytes", from_hex("8060000100000002000000"), Errc::Truncated},
      {"version 1", from_hex("406000010000000200000003"), Errc::BadVersion},
      {"CSRCs cut off", from_hex("8f600001000000020000000300000004"), Errc::Truncated},
      {"extension cut off", from_hex("906000010000000200000003bede0002aabbccdd"), Errc::Truncated},
      {"extension header cut off", from_hex("906000010000000200000003bede"), Errc::Truncated},
      {"padding without payload", from_hex("a06000010000000200000003"), Errc::BadPadding},
      {"padding longer than payload", from_hex("a0600001000000020000000309"), Errc::BadPadding},
      {"padding of zero", from_hex("a060000100000002000000030100"), Errc::BadPadding},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto parsed = parse_rtp(c.bytes);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code, c.expected);
  }
}

TEST(ParseRtp, ReadsEveryField) {
  // One CSRC, an extension of one word, two bytes of payload, two of padding.
  const Bytes bytes = from_hex(
      "b1e01234a1b2c3d401020304"
      "0a0b0c0d"
      "bede000110203040"
      "7788"
      "0002");
  const auto rtp = parse_rtp(bytes);
  ASSERT_TRUE(rtp.has_value());
  EXPECT_TRUE(rtp->marker);
  EXPECT_EQ(rtp->payload_type, 96);
  EXPECT_EQ(rtp->seq, SequenceNumber(0x1234));
  EXPECT_EQ(rtp->timestamp, RtpTimestamp{0xa1b2c3d4});
  EXPECT_EQ(rtp->ssrc, Ssrc{0x01020304});
  EXPECT_THAT(rtp->extension, ElementsAre(0x10, 0x20, 0x30, 0x40));
  EXPECT_THAT(rtp->payload, ElementsAre(0x77, 0x88));
}

TEST(ParseRtp, ReadsBackWhatWasWritten) {
  Bytes bytes(kRtpHeaderSize);
  write_rtp_header({.marker = true,
                    .payload_type = 111,
                    .seq = SequenceNumber(65535),
                    .timestamp = RtpTimestamp{0xfffefdfc},
                    .ssrc = Ssrc{0x80000001}},
                   bytes);
  const auto rtp = parse_rtp(bytes);
  ASSERT_TRUE(rtp.has_value());
  EXPECT_TRUE(rtp->marker);
  EXPECT_EQ(rtp->payload_type, 111);
  EXPECT_EQ(rtp->seq, SequenceNumber(65535));
  EXPECT_EQ(rtp->timestamp, RtpTimestamp{0xfffefdfc});
  EXPECT_EQ(rtp->ssrc, Ssrc{0x80000001});
  EXPECT_TRUE(rtp->payload.empty());
}

TEST(IsRtcp, TellsRtcpFromRtpByTheSecondByte) {
  EXPECT_TRUE(is_rtcp(from_hex("80c8")));
  EXPECT_TRUE(is_rtcp(from_hex("80c0")));
  EXPECT_TRUE(is_rtcp(from_hex("80df")));
  EXPECT_FALSE(is_rtcp(from_hex("80e0")));  // payload type 96 with marker
  EXPECT_FALSE(is_rtcp(from_hex("8060")));
  EXPECT_FALSE(is_rtcp(from_hex("80")));
}

TEST(Rtx, PutsTheOriginalSequenceNumberInFront) {
  Bytes out;
  append_rtx_payload(SequenceNumber(0xabcd), from_hex("0102"), out);
  EXPECT_EQ(out, from_hex("abcd0102"));
}

}  // namespace
}  // namespace sipcast
