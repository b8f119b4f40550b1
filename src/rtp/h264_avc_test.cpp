#include "rtp/h264_avc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtp/decode_times.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;

const Bytes kSps = {0x67, 0x42, 0xe0, 0x1f, 0x8d, 0x68}, kPps = {0x68, 0xce, 0x3c, 0x80};

Bytes annex_b(const std::vector<Bytes>& nals) {
  Bytes out;
  for (const Bytes& nal : nals) {
    ByteWriter(out).u32(1);
    ByteWriter(out).bytes(nal);
  }
  return out;
}

TEST(ToAvc, PutsLengthsInFrontOfSlicesAndTakesParameterSetsOut) {
  const auto sample = h264::to_avc(annex_b({{9, 0x10}, kSps, kPps, {0x65, 1, 2, 3}, {0x65, 4}}));
  EXPECT_TRUE(sample.idr);
  EXPECT_THAT(sample.sps, ElementsAre(kSps));
  EXPECT_THAT(sample.pps, ElementsAre(kPps));
  EXPECT_THAT(sample.bytes, ElementsAre(0, 0, 0, 4, 0x65, 1, 2, 3, 0, 0, 0, 2, 0x65, 4));
}

TEST(ToAvc, LivesWithAnyBytes) {
  EXPECT_TRUE(h264::to_avc({}).bytes.empty());
  EXPECT_TRUE(h264::to_avc(Bytes{0, 0, 1}).bytes.empty());
  EXPECT_TRUE(h264::to_avc(Bytes{0, 0, 0, 0, 0, 0, 1, 0, 0, 1}).bytes.empty());
  EXPECT_THAT(h264::to_avc(Bytes{7, 7, 0, 0, 1, 0x41, 5, 0, 0}).bytes,
              ElementsAre(0, 0, 0, 2, 0x41, 5));
}

TEST(AvcDecoderConfiguration, HoldsTheParameterSets) {
  const auto record = h264::avc_decoder_configuration({kSps}, {kPps});
  ASSERT_TRUE(record);
  EXPECT_THAT(*record, ElementsAre(1, 0x42, 0xe0, 0x1f, 0xff, 0xe1, 0, 6, 0x67, 0x42, 0xe0, 0x1f,
                                   0x8d, 0x68, 1, 0, 4, 0x68, 0xce, 0x3c, 0x80));
  EXPECT_FALSE(h264::avc_decoder_configuration({}, {kPps}));
  EXPECT_FALSE(h264::avc_decoder_configuration({kSps}, {}));
  EXPECT_FALSE(h264::avc_decoder_configuration({{0x67}}, {kPps}));
}

TEST(DecodeTimes, AreThePresentationTimesWhileThereAreNoBFrames) {
  DecodeTimes times;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(times.next(Instant(40ms * i)), Instant(40ms * i));
}

TEST(DecodeTimes, LearnHowDeepTheReorderingIs) {
  DecodeTimes times;
  const int shown[] = {0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11, 15, 13, 14};
  std::optional<Instant> last;
  int dropped = 0;
  for (const int number : shown) {
    const Instant pts(40ms * number);
    const auto dts = times.next(pts);
    if (!dts) {
      ++dropped;
      continue;
    }
    EXPECT_LE(*dts, pts);
    if (last) EXPECT_GT(*dts, *last);
    last = dts;
  }
  EXPECT_EQ(times.depth(), 1u);
  EXPECT_LE(dropped, 2);
}

}  // namespace
}  // namespace sipcast
