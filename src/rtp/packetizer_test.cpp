#include "rtp/packetizer.hpp"

#include <gmock/gmock.h>

#include "rtp/frame_depacketizer.hpp"
#include "rtp/video_test_data.hpp"

namespace sipcast {
namespace {
using namespace testdata;
using testing::SizeIs;

TEST(AnnexB, FindsNalUnitsBehindShortAndLongStartCodes) {
  const Bytes stream = from_hex("0000000167010000000168020300000165aabb0000");
  const auto units = annexb_nal_units(stream);
  ASSERT_THAT(units, SizeIs(3));
  EXPECT_EQ(Bytes(units[0].begin(), units[0].end()), from_hex("6701"));
  EXPECT_EQ(Bytes(units[1].begin(), units[1].end()), from_hex("680203"));
  EXPECT_EQ(Bytes(units[2].begin(), units[2].end()), from_hex("65aabb"));
  EXPECT_THAT(annexb_nal_units({}), SizeIs(0));
  EXPECT_THAT(annexb_nal_units(from_hex("000001")), SizeIs(0));
  EXPECT_THAT(annexb_nal_units(from_hex("0102030405")), SizeIs(0));
}

TEST(PacketizeH264, ComesBackAsItWas) {
  const Bytes big = idr(5000), small = p_slice(30);
  const auto payloads = packetize_h264({big, small}, 1200, PacketizationMode::NonInterleaved);
  EXPECT_THAT(payloads, SizeIs(6));
  const auto stream = depacketize_frame(Codec::H264, payloads);
  ASSERT_TRUE(stream.has_value());
  const auto units = annexb_nal_units(*stream);
  ASSERT_THAT(units, SizeIs(2));
  EXPECT_EQ(Bytes(units[0].begin(), units[0].end()), big);
  EXPECT_EQ(Bytes(units[1].begin(), units[1].end()), small);
}

TEST(PacketizeH264, Mode0NeverFragments) {
  const Bytes big = idr(5000);
  const auto payloads = packetize_h264({big}, 1200, PacketizationMode::SingleNal);
  ASSERT_THAT(payloads, SizeIs(1));
  EXPECT_EQ(payloads[0], big);
}

TEST(PacketizeVp8, ComesBackAsItWas) {
  const Bytes frame = vp8_frame(true, 3000);
  const auto payloads = packetize_vp8(frame, 1200, 0x1234);
  ASSERT_THAT(payloads, SizeIs(3));
  EXPECT_EQ(Bytes(payloads[0].begin(), payloads[0].begin() + 4), from_hex("90809234"));
  EXPECT_EQ(Bytes(payloads[1].begin(), payloads[1].begin() + 4), from_hex("80809234"));
  EXPECT_EQ(depacketize_frame(Codec::Vp8, payloads), frame);
}

TEST(Depacketize, RefusesWhatBreaksThePayloadFormat) {
  EXPECT_EQ(depacketize_frame(Codec::H264, {from_hex("")}).error().code, Errc::Truncated);
  EXPECT_EQ(depacketize_frame(Codec::H264, {from_hex("78000565")}).error().code, Errc::Truncated);
  EXPECT_EQ(depacketize_frame(Codec::H264, {from_hex("7c")}).error().code, Errc::Truncated);
  EXPECT_EQ(depacketize_frame(Codec::H264, {from_hex("7c0511")}).error().code, Errc::BadSyntax);
  EXPECT_EQ(depacketize_frame(Codec::H264, {from_hex("7d8511")}).error().code, Errc::Unsupported);
  EXPECT_EQ(depacketize_frame(Codec::Vp8, {from_hex("9080")}).error().code, Errc::Truncated);
  EXPECT_EQ(depacketize_frame(Codec::Opus, {from_hex("00")}).error().code, Errc::Unsupported);
}

}  // namespace
}  // namespace sipcast
