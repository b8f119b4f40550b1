#include "rtp/rtcp.hpp"

#include <gmock/gmock.h>

#include "rtp/video_test_data.hpp"

namespace sipcast::rtcp {
namespace {
using testdata::from_hex;
using testing::ElementsAre;

template <class T>
T only(const Result<std::vector<Packet>>& packets) {
  EXPECT_TRUE(packets.has_value());
  if (!packets || packets->size() != 1) {
    ADD_FAILURE() << "not one packet";
    return {};
  }
  return std::get<T>(packets->front());
}
Bytes written(const Packet& packet) {
  Bytes out;
  write(packet, out);
  return out;
}

TEST(ParseRtcp, RefusesWhatIsBroken) {
  struct Case {
    const char* name;
    Bytes bytes;
    Errc expected;
  };
  const Case cases[] = {
      {"empty", {}, Errc::Truncated},
      {"half a header", from_hex("80c9"), Errc::Truncated},
      {"longer than the datagram", from_hex("80c9000200000001"), Errc::Truncated},
      {"version 1", from_hex("40c9000100000001"), Errc::BadVersion},
      {"a block that is not there", from_hex("81c9000100000001"), Errc::Truncated},
      {"SDES text past the end", from_hex("81ca00020000000101ff6162"), Errc::Truncated},
      {"BYE of more than it has", from_hex("82cb000100000001"), Errc::Truncated},
      {"padding in front of another packet",
       from_hex("a0c900020000000100000004"
                "80c9000100000001"),
       Errc::BadPadding},
      {"padding of an odd size", from_hex("a0c900020000000100000003"), Errc::BadPadding},
      {"padding larger than the packet", from_hex("a0c900010000000c"), Errc::BadPadding},
      {"garbage behind a packet", from_hex("80c900010000000100"), Errc::Truncated},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto parsed = parse(c.bytes);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code, c.expected);
  }
}

TEST(ParseRtcp, ReadsASenderReportWithItsBlock) {
  const auto report =
      only<SenderReport>(parse(from_hex("81c8000c"
                                        "11223344"
                                        "0102030405060708"
                                        "a0a1a2a3"
                                        "00000010"
                                        "00002000"
                                        "55667788"
                                        "40fffffe"
                                        "00012345"
                                        "00000064"
                                        "03040506"
                                        "00010000")));
  EXPECT_EQ(report.ssrc, Ssrc{0x11223344});
  EXPECT_EQ(report.ntp, 0x0102030405060708u);
  EXPECT_EQ(report.timestamp, RtpTimestamp{0xa0a1a2a3});
  EXPECT_EQ(report.packets, 16u);
  EXPECT_EQ(report.octets, 0x2000u);
  ASSERT_EQ(report.blocks.size(), 1u);
  EXPECT_EQ(report.blocks[0].ssrc, Ssrc{0x55667788});
  EXPECT_EQ(report.blocks[0].fraction_lost, 64);
  EXPECT_EQ(report.blocks[0].cumulative_lost, -2);
  EXPECT_EQ(report.blocks[0].highest_sequence, 0x12345u);
  EXPECT_EQ(report.blocks[0].jitter, 100u);
  EXPECT_EQ(report.blocks[0].last_sr, 0x03040506u);
  EXPECT_EQ(report.blocks[0].delay_since_last_sr, 65536u);
}

TEST(ParseRtcp, SkipsWhatItDoesNotKnow) {
  // XR, APP, transport-cc, an application layer message that is no REMB, then a PLI.
  const auto pli =
      only<Pli>(parse(from_hex("80cf000100000001"
                               "80cc00020000000174657374"
                               "8fcd0003000000010000000200000000"
                               "8fce0003000000010000000258585858"
                               "81ce00020000000900000008")));
  EXPECT_EQ(pli.sender, Ssrc{9});
  EXPECT_EQ(pli.media, Ssrc{8});
}

TEST(ParseRtcp, ReadsACompoundOfManyChunksWithPadding) {
  // SDES: an empty chunk, one with TOOL and CNAME; BYE with a reason; padding.
  const auto packets =
      parse(from_hex("82ca0005"
                     "00000001"
                     "00000000"
                     "00000002"
                     "060178"
                     "010261"
                     "6200"
                     "a1cb0003"
                     "00000002"
                     "03627965"
                     "00000004"));
  ASSERT_TRUE(packets.has_value());
  ASSERT_EQ(packets->size(), 2u);
  EXPECT_EQ(std::get<Sdes>((*packets)[0]).ssrc, Ssrc{2});
  EXPECT_EQ(std::get<Sdes>((*packets)[0]).cname, "ab");
  EXPECT_THAT(std::get<Bye>((*packets)[1]).ssrcs, ElementsAre(Ssrc{2}));
}

TEST(ParseRtcp, UnfoldsANack) {
  const auto nack =
      only<Nack>(parse(from_hex("81cd0004"
                                "00000001"
                                "00000002"
                                "ffff8001"
                                "00100000")));
  EXPECT_EQ(nack.media, Ssrc{2});
  EXPECT_THAT(nack.lost, ElementsAre(SequenceNumber(65535), SequenceNumber(0), SequenceNumber(15),
                                     SequenceNumber(16)));
}

TEST(ParseRtcp, ReadsEveryEntryOfAFir) {
  const auto packets =
      parse(from_hex("84ce0006"
                     "00000001"
                     "00000000"
                     "00000007"
                     "05000000"
                     "00000008"
                     "06000000"));
  ASSERT_TRUE(packets.has_value());
  ASSERT_EQ(packets->size(), 2u);
  EXPECT_EQ(std::get<Fir>((*packets)[1]).media, Ssrc{8});
  EXPECT_EQ(std::get<Fir>((*packets)[1]).command, 6);
}

TEST(ParseRtcp, ReadsTheRateOfARemb) {
  // As Chromium sends it: 3 << 18 exponent and mantissa, one SSRC.
  const auto remb =
      only<Remb>(parse(from_hex("8fce0005"
                                "00000001"
                                "00000000"
                                "52454d42"
                                "010e0000"
                                "00000002")));
  EXPECT_EQ(remb.bitrate_bps, uint64_t{0x20000} << 3);
  const auto huge =
      only<Remb>(parse(from_hex("8fce0005"
                                "00000001"
                                "00000000"
                                "52454d42"
                                "01ffffff"
                                "00000002")));
  EXPECT_EQ(huge.bitrate_bps, UINT64_MAX);
}

TEST(WriteRtcp, MakesTheBytesOfTheRfcs) {
  EXPECT_EQ(written(Pli{Ssrc{1}, Ssrc{2}}), from_hex("81ce00020000000100000002"));
  EXPECT_EQ(written(Fir{Ssrc{1}, Ssrc{2}, 3}),
            from_hex("84ce000400000001000000000000000203000000"));
  EXPECT_EQ(written(Nack{Ssrc{1},
                         Ssrc{2},
                         {SequenceNumber(65535), SequenceNumber(0), SequenceNumber(15),
                          SequenceNumber(16)}}),
            from_hex("81cd0004"
                     "00000001"
                     "00000002"
                     "ffff8001"
                     "00100000"));
  EXPECT_EQ(written(Bye{{Ssrc{5}}}), from_hex("81cb000100000005"));
}

TEST(WriteRtcp, EndsASdesChunkWithOneToFourZeros) {
  EXPECT_EQ(written(Sdes{Ssrc{1}, "a"}), from_hex("81ca0002"
                                                  "00000001"
                                                  "01016100"));
  EXPECT_EQ(written(Sdes{Ssrc{1}, "ab"}), from_hex("81ca0003"
                                                   "00000001"
                                                   "01026162"
                                                   "00000000"));
  for (size_t length = 0; length < 260; ++length) {
    const std::string cname(length, 'x');
    const auto sdes = only<Sdes>(parse(written(Sdes{Ssrc{1}, cname})));
    EXPECT_EQ(sdes.cname, cname.substr(0, 255));
  }
}

TEST(WriteRtcp, ReadsBackAWholeCompound) {
  const ReportBlock block{.ssrc = Ssrc{9},
                          .fraction_lost = 1,
                          .cumulative_lost = -3,
                          .highest_sequence = 70000,
                          .jitter = 5,
                          .last_sr = 6,
                          .delay_since_last_sr = 7};
  const SenderReport report{.ssrc = Ssrc{1},
                            .ntp = 2,
                            .timestamp = RtpTimestamp{3},
                            .packets = 4,
                            .octets = 5,
                            .blocks = {block, block}};
  const auto packets = parse(compound(report, "me@example.org",
                                      {Remb{.sender = Ssrc{1}, .bitrate_bps = 2'500'000}, Pli{}}));
  ASSERT_TRUE(packets.has_value());
  ASSERT_EQ(packets->size(), 4u);
  const auto& sr = std::get<SenderReport>((*packets)[0]);
  EXPECT_EQ(sr.octets, 5u);
  ASSERT_EQ(sr.blocks.size(), 2u);
  EXPECT_EQ(sr.blocks[1].cumulative_lost, -3);
  EXPECT_EQ(sr.blocks[1].delay_since_last_sr, 7u);
  EXPECT_EQ(std::get<Sdes>((*packets)[1]).cname, "me@example.org");
  EXPECT_EQ(std::get<Sdes>((*packets)[1]).ssrc, Ssrc{1});
  EXPECT_NEAR(static_cast<double>(std::get<Remb>((*packets)[2]).bitrate_bps), 2.5e6, 16);
}

TEST(WriteRtcp, ReceiverReportsMayBeEmpty) {
  const auto packets = parse(compound(ReceiverReport{.ssrc = Ssrc{4}, .blocks = {}}, "c"));
  ASSERT_TRUE(packets.has_value());
  EXPECT_EQ(std::get<ReceiverReport>((*packets)[0]).ssrc, Ssrc{4});
}

}  // namespace
}  // namespace sipcast::rtcp
