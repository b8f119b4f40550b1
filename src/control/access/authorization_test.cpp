#include "control/access/authorization.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

TEST(Authorization, ReadsBasicAndBearer) {
  const auto basic = parse_authorization("basic  YWxpY2U6b3BlbjpzZXNhbWU=");
  ASSERT_TRUE(basic.has_value()) << basic.error().cause;
  EXPECT_EQ(std::get<BasicCredentials>(*basic).user, "alice");
  EXPECT_EQ(std::get<BasicCredentials>(*basic).password, "open:sesame");
  EXPECT_EQ(bearer_token(" Bearer sipcast_a_B7 "), "sipcast_a_B7");
  EXPECT_EQ(bearer_token("Basic YWxpY2U6b3BlbjpzZXNhbWU="), "");
  EXPECT_EQ(bearer_token(""), "");
}

TEST(Authorization, RefusesTheRestWithoutQuotingIt) {
  for (const std::string& text :
       {std::string(), std::string("Basic"), std::string("Basic !secret!"),
        std::string("Basic c2VjcmV0"), std::string("Basic OnNlY3JldA=="),
        std::string("Bearer secret secret"), std::string("Bearer "), std::string("Digest secret"),
        "Bearer secret" + std::string(5000, 'a')}) {
    const auto parsed = parse_authorization(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().cause.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace sipcast
