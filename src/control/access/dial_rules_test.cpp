#include "control/access/dial_rules.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

std::string refusal(const DialRules& rules, std::string_view user, std::vector<std::string> hosts) {
  const auto checked = rules.check(user, hosts);
  return checked ? "" : checked.error().cause;
}

TEST(DialRules, WithoutAnyEveryoneMayBeCalled) {
  const auto rules = DialRules::parse("", " , ").value();
  EXPECT_EQ(refusal(rules, "0900123", {"anywhere"}), "");
  EXPECT_TRUE(rules.check(SocketAddress::parse("192.0.2.1", 0).value()));
}

TEST(DialRules, DenyPatternsFitNumbersHoweverTheyAreWritten) {
  const auto rules = DialRules::parse("", "0900*, *@bad.example, @198.51.100.0/24").value();
  for (const char* user :
       {"0900123", "0-900-1", "09 00 (12)", "%30900", "0900;phone-context=x", "0.900.5"}) {
    EXPECT_EQ(refusal(rules, user, {"pbx"}).find("dial.deny: 0900*"), 0u) << user;
  }
  EXPECT_EQ(refusal(rules, "+49 900", {"pbx"}), "");
  EXPECT_NE(refusal(rules, "bob", {"pbx", "BAD.example."}), "");
  EXPECT_NE(refusal(rules, "bob", {"198.51.100.7"}), "");
  EXPECT_EQ(refusal(rules, "bob", {"198.51.101.7"}), "");
  EXPECT_FALSE(rules.check(SocketAddress::parse("198.51.100.9", 0).value()));
}

TEST(DialRules, WithAllowPatternsEveryHostOnTheWayMustFitOne) {
  const auto rules = DialRules::parse("49*@pbx.example,*@*.office.example", "490900*").value();
  EXPECT_EQ(refusal(rules, "4930123", {"pbx.example"}), "");
  EXPECT_EQ(refusal(rules, "bob", {"a.office.example"}), "");
  EXPECT_EQ(refusal(rules, "4930123", {"pbx.example", "evil.example"}).find("dial.allow"), 0u);
  EXPECT_NE(refusal(rules, "3312345", {"pbx.example"}), "");
  EXPECT_EQ(refusal(rules, "4909001", {"pbx.example"}).find("dial.deny: 490900*"), 0u);
}

TEST(DialRules, RefusePatternsThatAreNone) {
  for (const char* text : {"bob@", "49*@10.0.0.0/8", "@10.0.0.0/33"}) {
    const auto rules = DialRules::parse(text, "");
    ASSERT_FALSE(rules.has_value()) << text;
    EXPECT_NE(rules.error().cause.find("dial.allow"), std::string::npos);
    EXPECT_NE(rules.error().cause.find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace sipcast
