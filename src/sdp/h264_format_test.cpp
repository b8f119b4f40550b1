#include "sdp/h264_format.hpp"

#include <gtest/gtest.h>

namespace sipcast::sdp {
namespace {

TEST(ParseH264Fmtp, ReadsModeProfileAndParameterSets) {
  const auto format = parse_h264_fmtp(
      "profile-level-id=42C01E; packetization-mode=1; sprop-parameter-sets=Z0LAHqs=,aM48gA==");
  EXPECT_EQ(format.packetization_mode, 1);
  EXPECT_EQ(format.profile_level_id, 0x42c01eu);
  const std::vector<Bytes> expected = {{0x67, 0x42, 0xc0, 0x1e, 0xab}, {0x68, 0xce, 0x3c, 0x80}};
  EXPECT_EQ(format.parameter_sets, expected);
  EXPECT_EQ(encode_parameter_sets(expected), "Z0LAHqs=,aM48gA==");
  EXPECT_EQ(profile_of_parameter_sets(expected), 0x42c01eu);
}

TEST(ParseH264Fmtp, BearsNonsense) {
  EXPECT_EQ(parse_h264_fmtp("").packetization_mode, std::nullopt);
  EXPECT_EQ(parse_h264_fmtp("packetization-mode=9").packetization_mode, 3);
  EXPECT_EQ(parse_h264_fmtp("profile-level-id=42e0").profile_level_id, 0u);
  EXPECT_EQ(parse_h264_fmtp("profile-level-id=42e0zz").profile_level_id, 0u);
  // No base64; an IDR picture; empty pieces; more than 16.
  std::string sets = "sprop-parameter-sets=!!!!,ZYiEAA==,,";
  EXPECT_TRUE(parse_h264_fmtp(sets).parameter_sets.empty());
  for (int i = 0; i < 20; ++i) sets += ",aM48gA==";
  EXPECT_EQ(parse_h264_fmtp(sets).parameter_sets.size(), 16u);
  EXPECT_TRUE(
      parse_h264_fmtp("sprop-parameter-sets=Z" + std::string(4000, 'A')).parameter_sets.empty());
}

TEST(H264ProfileDistance, PrefersTheNearestProfile) {
  EXPECT_EQ(h264_profile_distance(0x42e01f, 0x42e00a), 0);  // level counts for nothing
  EXPECT_EQ(h264_profile_distance(0x42c01e, 0x42e01f), 1);  // two spellings of one profile
  EXPECT_EQ(h264_profile_distance(0x42001f, 0x42e01f), 2);
  EXPECT_EQ(h264_profile_distance(0x64001f, 0x640c1f), 2);
  EXPECT_EQ(h264_profile_distance(0x64001f, 0x42e01f), 3);
  EXPECT_EQ(h264_profile_distance(0x64001f, 0), 4);
  EXPECT_EQ(h264_profile_distance(0x64001f, 0xf4001f), 5);
}

}  // namespace
}  // namespace sipcast::sdp
