#include "rtp/h264_frame_number.hpp"

#include <gmock/gmock.h>

#include "rtp/video_test_data.hpp"

namespace sipcast::h264 {
namespace {
using namespace testdata;
using testing::ElementsAre;

constexpr uint8_t kIdr = 0x65, kReference = 0x41, kNotReference = 0x01;

SpsInfo sps_with(uint8_t bits) {
  SpsInfo sps;
  sps.frame_number_bits = bits;
  return sps;
}

Bytes picture(uint8_t header, uint32_t number, const SpsInfo& sps, const Bytes& data = {0x80}) {
  BitWriter out;
  for (const uint32_t value : {0u, 5u, 0u}) out.ue(value);  // first_mb, slice_type, pps
  out.bits(number, sps.frame_number_bits);
  for (const uint8_t byte : data) out.bits(byte, 8);
  Bytes bytes{header};
  append_escaped(out.take(), bytes);
  return bytes;
}

TEST(FrameNumber, IsReadFromWhatX264Writes) {
  const auto sps = parse_sps(real::kSps176x144);
  ASSERT_TRUE(sps);
  EXPECT_EQ(sps->frame_number_bits, 4);
  EXPECT_FALSE(sps->frame_number_gaps_allowed);
  EXPECT_EQ(frame_number(real::kIdrBegin, *sps), 0u);
  EXPECT_EQ(frame_number(real::kPBegin, *sps), 1u);
  EXPECT_FALSE(frame_number(Bytes{0x41}, *sps));
  EXPECT_FALSE(frame_number(Bytes{}, *sps));
}

TEST(FrameNumber, IsTheOnlyThingThatChanges) {
  for (const uint8_t bits : {uint8_t{4}, uint8_t{8}, uint8_t{16}}) {
    const SpsInfo sps = sps_with(bits);
    const Bytes data = from_hex("0000010000030000000002000001ffee0000ab");
    for (uint32_t number = 0; number < 16; ++number) {
      const Bytes before = picture(kReference, 3, sps, data);
      EXPECT_EQ(with_frame_number(before, sps, number), picture(kReference, number, sps, data));
    }
  }
}

TEST(FrameNumber, KeepsEmulationPreventionRight) {
  const SpsInfo sps = sps_with(16);
  const Bytes full = picture(kReference, 0xffff, sps, Bytes(40, 0));
  const Bytes empty = with_frame_number(full, sps, 0);
  EXPECT_EQ(empty, picture(kReference, 0, sps, Bytes(40, 0)));
  EXPECT_GT(empty.size(), full.size());
  EXPECT_EQ(with_frame_number(empty, sps, 0xffff), full);
}

class Line : public testing::Test {
 protected:
  /// frame_num that viewers get.
  uint32_t next(uint8_t header, uint32_t number, bool after_loss) {
    return number - line.shift_of(picture(header, number % 16, sps), sps, after_loss) & 15;
  }
  SpsInfo sps = sps_with(4);
  FrameNumberLine line;
};

TEST_F(Line, LeavesNumbersAloneWhileNothingIsLost) {
  EXPECT_EQ(next(kIdr, 0, false), 0u);
  for (uint32_t number = 1; number < 40; ++number) {
    EXPECT_EQ(next(kReference, number, false), number % 16);
  }
}

TEST_F(Line, GoesOnBehindLostPicturesUntilTheNextIdr) {
  next(kIdr, 0, false);
  next(kReference, 1, false);
  EXPECT_EQ(next(kReference, 7, true), 2u);
  EXPECT_EQ(next(kReference, 8, true), 3u);
  EXPECT_EQ(next(kReference, 30, true), 4u) << "lost over the wrap";
  EXPECT_EQ(next(kReference, 31, true), 5u);
  EXPECT_EQ(next(kIdr, 0, false), 0u);
  EXPECT_EQ(next(kReference, 1, false), 1u);
}

TEST_F(Line, PicturesThatNobodyRefersToShareTheirNumberWithTheNext) {
  next(kIdr, 0, false);
  std::vector<uint32_t> given;
  for (const auto& [header, number] : {std::pair{kNotReference, 1u},
                                       {kNotReference, 1u},
                                       {kReference, 1u},
                                       {kNotReference, 2u},
                                       {kReference, 2u}}) {
    given.push_back(next(header, number, true));
  }
  EXPECT_THAT(given, ElementsAre(1, 1, 1, 2, 2));
  EXPECT_EQ(next(kNotReference, 5, true), 3u);
  EXPECT_EQ(next(kReference, 5, true), 3u);
}

TEST_F(Line, GapsThatTheEncoderMakesOnPurposeStay) {
  sps.frame_number_gaps_allowed = true;
  next(kIdr, 0, false);
  EXPECT_EQ(next(kReference, 2, true), 2u);
}

TEST_F(Line, NothingIsShiftedBeforeTheFirstPicture) {
  EXPECT_EQ(next(kReference, 9, true), 9u);
  EXPECT_EQ(next(kReference, 12, true), 10u);
}

}  // namespace
}  // namespace sipcast::h264
