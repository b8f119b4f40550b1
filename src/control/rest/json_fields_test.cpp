#include "control/rest/json_fields.hpp"

#include <gtest/gtest.h>

namespace sipcast::rest {
namespace {

TEST(JsonFields, AKeyThatIsThereTwiceIsRefusedByName) {
  for (const char* body :
       {R"({"callId":"a","callId":"b"})", R"({"callId":1,"x":{},"call\u0049d":2})",
        R"({"x":[{"callId":1,"y":2,"callId":1}]})"}) {
    const auto fields = JsonFields::parse(body);
    ASSERT_FALSE(fields) << body;
    EXPECT_EQ(fields.error().code, Errc::BadSyntax);
    EXPECT_NE(fields.error().cause.find("callId"), std::string::npos) << fields.error().cause;
  }
  EXPECT_TRUE(JsonFields::parse(R"({"a":{"b":1},"b":{"b":[{"b":1},{"b":2}]}})"));
}

TEST(JsonFields, WhatIsNoJsonObjectSaysWhy) {
  const std::string deep(10'000, '[');
  for (const std::string& body :
       {std::string("{"), std::string("[]"), std::string("\"x\""), std::string("{\"a\":\"\xff\"}"),
        std::string("{\"a\":1}x"), deep, R"({"a":)" + deep}) {
    const auto fields = JsonFields::parse(body);
    ASSERT_FALSE(fields) << body.substr(0, 20);
    EXPECT_EQ(fields.error().code, Errc::BadSyntax);
    EXPECT_FALSE(fields.error().cause.empty());
  }
  EXPECT_TRUE(JsonFields::parse(" \r\n"));
}

}  // namespace
}  // namespace sipcast::rest
