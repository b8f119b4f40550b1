#include "ingest/track_srtp.hpp"

#include <gtest/gtest.h>

#include "rtp/rtcp.hpp"
#include "rtp/rtp_parser.hpp"

namespace sipcast {
namespace {

Bytes packet(uint16_t sequence) {
  Bytes bytes(kRtpHeaderSize);
  write_rtp_header({.payload_type = 0,
                    .seq = SequenceNumber(sequence),
                    .timestamp = RtpTimestamp{1},
                    .ssrc = Ssrc{7}},
                   bytes);
  bytes.insert(bytes.end(), 160, 0xff);
  return bytes;
}

TEST(TrackSrtp, OpensWhatTheOtherSideSealedAndNothingElse) {
  for (const auto suite : {sdp::SrtpSuite::Sha1_80, sdp::SrtpSuite::Sha1_32}) {
    const sdp::SdesKeys ours{.send = sdp::random_key(suite), .receive = sdp::random_key(suite)};
    TrackSrtp us, phone;
    EXPECT_TRUE(us.seal_rtp(packet(1)).empty()) << "no keys yet";
    EXPECT_EQ(us.open_rtp(packet(1)).error().code, Errc::Unauthorized);
    for (const auto& [side, keys] :
         {std::pair{&us, ours},
          {&phone, sdp::SdesKeys{.send = ours.receive, .receive = ours.send}}}) {
      ASSERT_TRUE(side->use_for_rtp(to_srtp_keys(keys)));
      ASSERT_TRUE(side->use_for_rtcp(to_srtp_keys(keys)));
    }
    const Bytes plain = packet(1);
    const BytesView view = us.seal_rtp(plain);
    Bytes sealed(view.begin(), view.end());
    EXPECT_EQ(sealed.size(), plain.size() + (suite == sdp::SrtpSuite::Sha1_80 ? 10 : 4));
    const auto opened = phone.open_rtp(sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(Bytes(opened->begin(), opened->end()), plain);
    EXPECT_EQ(phone.open_rtp(sealed).error().code, Errc::AlreadyExists);
    EXPECT_FALSE(us.open_rtp(sealed));  // the key of the other direction
    EXPECT_FALSE(phone.open_rtp(packet(2)));

    const Bytes report = rtcp::compound(rtcp::ReceiverReport{Ssrc{7}, {}}, "x", {});
    const BytesView sealed_report = us.seal_rtcp(report);
    const Bytes wire(sealed_report.begin(), sealed_report.end());
    const auto opened_report = phone.open_rtcp(wire);
    ASSERT_TRUE(opened_report);
    EXPECT_EQ(Bytes(opened_report->begin(), opened_report->end()), report);
  }
}

TEST(TrackSrtp, SealsNothingThatIsNoPacket) {
  TrackSrtp us;
  ASSERT_TRUE(us.use_for_rtp(to_srtp_keys({})));
  ASSERT_TRUE(us.use_for_rtcp(to_srtp_keys({})));
  EXPECT_TRUE(us.seal_rtp(Bytes(11)).empty());
  EXPECT_TRUE(us.seal_rtp(Bytes(5000)).empty());
  EXPECT_TRUE(us.seal_rtcp(Bytes(4)).empty());
}

}  // namespace
}  // namespace sipcast
