#include "config/option_value.hpp"

#include <gtest/gtest.h>

namespace sipcast::config {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, TakesEveryForm) {
  const struct {
    const char* text;
    Duration expected;
  } cases[] = {{"90s", 90s}, {"500ms", 500ms}, {"2m", 2min}, {"24h", 24h},     {"7d", 168h},
               {"15", 15ms}, {"1.5s", 1500ms}, {"0", 0s},    {"250us", 250us}, {"20 s", 20s}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto value = parse_duration(c.text, 1ms);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(*value, c.expected);
    EXPECT_EQ(parse_duration(duration_text(c.expected), 1h), c.expected);
  }
}

TEST(ParseDuration, RefusesTheRest) {
  for (const char* text : {"", "s", "-1s", "1x", "1s2", "1..2s", "999999999999h", "1e3s", "five"}) {
    EXPECT_FALSE(parse_duration(text, 1s).has_value()) << text;
  }
}

TEST(DurationText, IsAsShortAsItCanBe) {
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(120s), "2m");
  EXPECT_EQ(duration_text(48h), "48h");
  EXPECT_EQ(duration_text(1500ms), "1500ms");
}

TEST(ParseFlag, KnowsTheUsualWords) {
  for (const char* text : {"true", "YES", "on", "1"}) EXPECT_EQ(parse_flag(text), true);
  for (const char* text : {"false", "No", "off", "0"}) EXPECT_EQ(parse_flag(text), false);
  for (const char* text : {"", "ja", "2"}) EXPECT_FALSE(parse_flag(text).has_value());
}

TEST(ParseList, LeavesOutSpacesAndNothing) {
  EXPECT_EQ(parse_list(" a, b ,,c"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(parse_list("").empty());
}

}  // namespace
}  // namespace sipcast::config
