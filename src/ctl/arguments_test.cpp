#include "ctl/arguments.hpp"

#include <gtest/gtest.h>

#include "ctl/show.hpp"
#include "ctl/table.hpp"

namespace sipcast::ctl {
namespace {

Result<Arguments> parse(std::vector<const char*> args) { return parse_arguments(args); }

TEST(Arguments, OptionsStandAnywhere) {
  const auto parsed = parse({"--json", "call", "bob", "--login=a=b", "--domain", "lab", "--"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->words, (std::vector<std::string>{"call", "bob", "--"}));
  EXPECT_EQ(parsed->get("login"), "a=b");
  EXPECT_EQ(parsed->get("domain"), "lab");
  EXPECT_TRUE(parsed->has("json"));
  EXPECT_EQ(parsed->get("key"), "");
}

TEST(Arguments, WhatIsWrongIsNamed) {
  EXPECT_EQ(parse({"--nonsense"}).error().cause, "--nonsense: no such option");
  EXPECT_EQ(parse({"--url"}).error().cause, "--url: its value is missing");
  EXPECT_EQ(parse({"--json=1"}).error().cause, "--json: no such option");
}

TEST(Table, ColumnsAreAsWideAsCharactersAndStrangersWordsStayInTheirLine) {
  EXPECT_EQ(table({{"a", "b"}, {"Zoë", "c\nd"}}), "a    b\nZoë  c\\x0ad\n");
}

TEST(Show, AnObjectIsALineForEachField) {
  EXPECT_EQ(show_object({{"a", {{"b", 1}, {"c", nullptr}}}, {"d", {"x", true}}}),
            "a.b   1\na.c   -\nd[0]  x\nd[1]  true\n");
  EXPECT_EQ(show_event({{"time", "2026-11-26T12:00:00.000Z"},
                        {"type", "call.ended"},
                        {"call_id", "c1"},
                        {"stream", nullptr},
                        {"data", {{"reason", "too_long"}, {"cause", nullptr}}}}),
            "12:00:00.000Z  call.ended  c1 -  reason=too_long\n");
}

}  // namespace
}  // namespace sipcast::ctl
