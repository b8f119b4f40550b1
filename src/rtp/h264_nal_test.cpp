#include "rtp/h264_nal.hpp"

#include <gtest/gtest.h>

#include "rtp/video_test_data.hpp"

namespace sipcast::h264 {
namespace {
using namespace testdata;

TEST(ParseSps, ReadsWhatRealEncodersWrite) {
  struct Case {
    const char* name;
    Bytes nal;
    uint32_t profile_level_id;
    int width, height;
  };
  const Case cases[] = {
      {"baseline", real::kSps176x144, 0x42c00a, 176, 144},
      {"high, cropped to 1080", real::kSps1920x1080High, 0x640028, 1920, 1080},
      {"baseline, cropped to 360", real::kSps640x360, 0x42c01f, 640, 360},
      {"interlaced", real::kSps720x576Interlaced, 0x4d401e, 720, 576},
      {"4:4:4", real::kSps64x64High444, 0xf4000a, 64, 64},
      {"our own", sps(3, 80, 45), 0x42e01f, 1280, 720},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto info = parse_sps(c.nal);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->profile_level_id, c.profile_level_id);
    EXPECT_EQ(info->width, c.width);
    EXPECT_EQ(info->height, c.height);
  }
  EXPECT_EQ(parse_sps(sps(31, 1, 1))->id, 31);
}

TEST(ParseSps, RefusesEveryCutAndNonsense) {
  const Bytes whole = sps(0, 80, 45);
  for (size_t size = 0; size + 1 < whole.size(); ++size) {
    EXPECT_FALSE(parse_sps(BytesView(whole).first(size)));
  }
  EXPECT_FALSE(parse_sps(sps(32, 80, 45)));
  EXPECT_FALSE(parse_sps(sps(0, 5000, 45)));
  EXPECT_FALSE(parse_sps(Bytes(2000, 0x67)));
  EXPECT_FALSE(parse_sps(pps(0, 0)));
}

TEST(ParsePps, ReadsItsIds) {
  const auto info = parse_pps(pps(200, 17));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->id, 200);
  EXPECT_EQ(info->sps_id, 17);
  EXPECT_EQ(parse_pps(real::kPps)->id, 0);
  EXPECT_FALSE(parse_pps(from_hex("68")));
  EXPECT_FALSE(parse_pps(from_hex("680000000000")));
}

TEST(ParseSlice, ReadsTheHeadOfASlice) {
  EXPECT_EQ(parse_slice(real::kIdrBegin)->first_mb, 0u);
  EXPECT_EQ(parse_slice(real::kPBegin)->first_mb, 0u);
  EXPECT_EQ(parse_slice(idr(20, 396, 7))->first_mb, 396u);
  EXPECT_EQ(parse_slice(idr(20, 396, 7))->pps_id, 7);
  EXPECT_FALSE(parse_slice(from_hex("65")));
}

TEST(AppendPayloads, CutsIntoPiecesOfNearlyEqualSize) {
  for (const size_t size : {1200u, 1201u, 1202u, 2397u, 2398u, 5000u, 100000u}) {
    std::vector<Bytes> payloads;
    const Bytes nal = idr(size);
    append_payloads(nal, 1200, payloads);
    size_t least = SIZE_MAX, most = 0;
    Bytes joined{nal[0]};
    for (const Bytes& payload : payloads) {
      least = std::min(least, payload.size());
      most = std::max(most, payload.size());
      joined.insert(joined.end(), payload.begin() + 2, payload.end());
    }
    EXPECT_LE(most, 1200u);
    EXPECT_LE(most - least, 1u);
    if (payloads.size() == 1) continue;
    EXPECT_EQ(joined, nal);
    EXPECT_EQ(payloads.size(), (size - 1 + 1197) / 1198);
    EXPECT_EQ(payloads.front()[0], 0x7c);
    EXPECT_EQ(payloads.front()[1], 0x85);
    EXPECT_EQ(payloads.back()[1], 0x45);
  }
}

}  // namespace
}  // namespace sipcast::h264
