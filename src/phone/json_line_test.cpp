#include "phone/json_line.hpp"

#include <gtest/gtest.h>

namespace sipcast::phone {
namespace {

TEST(JsonLine, WritesEveryKindOfMember) {
  JsonLine inner;
  inner.add("n", 3);
  JsonLine line;
  line.add("text", "a")
      .add("yes", true)
      .add("level", -1.25)
      .add("inner", inner)
      .add("u", uint8_t{7});
  EXPECT_EQ(line.text(), R"({"text":"a","yes":true,"level":-1.2,"inner":{"n":3},"u":7})");
}

TEST(JsonLine, EscapesWhatStrangersWrite) {
  JsonLine line;
  line.add("from", "a\"b\\c\n\x7f\xc3\xa9");
  EXPECT_EQ(line.text(), R"({"from":"a\"b\\c\u000a???"})");
}

TEST(JsonLine, StampsEvents) {
  EXPECT_TRUE(JsonLine("ended").text().starts_with(R"({"event":"ended","time_ms":1)"));
}

}  // namespace
}  // namespace sipcast::phone
