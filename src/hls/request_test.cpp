#include "hls/request.hpp"

#include <gtest/gtest.h>

namespace sipcast::hls {
namespace {

TEST(HlsRequest, ReadsTheNamesThatItWrites) {
  for (const std::string_view name : {"a1-i0.mp4", "a1-17.m4s", "a1-17-3.m4s"}) {
    const auto parsed = parse_file_name(name);
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed->to_string(), name);
    EXPECT_EQ(parsed->run, "a1");
  }
  EXPECT_EQ(parse_file_name("a1-17-3.m4s")->part, 3u);
}

TEST(HlsRequest, RefusesOtherNames) {
  for (const std::string_view name :
       {"", "-", ".m4s", "a1", "a1-", "a1-.m4s", "a1-x.m4s", "a1-1-.m4s", "a1-1-2-3.m4s",
        "a1-0.mp4", "a1-i.mp4", "a1-i1.m4s", "a1-99999999999999999999.m4s", "-1.m4s", "a1-+1.m4s",
        "a1-1.M4S"}) {
    EXPECT_FALSE(parse_file_name(name)) << name;
  }
}

TEST(HlsRequest, ReadsDeliveryDirectives) {
  const auto reload = parse_reload("17", "3", "YES");
  ASSERT_TRUE(reload);
  EXPECT_EQ(reload->msn, 17u);
  EXPECT_EQ(reload->part, 3u);
  EXPECT_TRUE(reload->skip);
  EXPECT_FALSE(parse_reload("", "", "")->msn);
}

TEST(HlsRequest, NamesTheDirectiveThatIsWrong) {
  const auto cause = [](std::string_view msn, std::string_view part, std::string_view skip) {
    const auto reload = parse_reload(msn, part, skip);
    return reload ? std::string() : reload.error().cause;
  };
  EXPECT_EQ(cause("x", "", ""), "_HLS_msn is no whole number");
  EXPECT_EQ(cause("1", "-1", ""), "_HLS_part is no whole number");
  EXPECT_EQ(cause("", "1", ""), "_HLS_part wants _HLS_msn beside it");
  EXPECT_EQ(cause("", "", "no"), "_HLS_skip is YES or v2");
}

}  // namespace
}  // namespace sipcast::hls
