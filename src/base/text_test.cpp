#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace sipcast {
namespace {

TEST(Text, HexIsReadWholeOrNotAtAll) {
  EXPECT_EQ(parse_hex("0"), 0u);
  EXPECT_EQ(parse_hex("fFfFfFfFfFfFfFfF"), UINT64_MAX);
  for (const char* wrong : {"", " 1", "1 ", "-1", "+1", "0x1", "g", "10000000000000000"}) {
    EXPECT_FALSE(parse_hex(wrong)) << wrong;
  }
}

TEST(Time, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(iso_time(WallTime{} + std::chrono::milliseconds(1'795'680'000'066)),
            "2026-11-26T08:00:00.066Z");
}

}  // namespace
}  // namespace sipcast
