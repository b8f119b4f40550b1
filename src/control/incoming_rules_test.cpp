#include "control/incoming_rules.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

sip::IncomingCall call(const char* ip, const char* caller, const char* callee) {
  return {.handle = 1,
          .from_uri = {},
          .from_user = caller,
          .to_user = {},
          .request_user = callee,
          .sdp = {},
          .source = SocketAddress::parse(ip, 5060).value()};
}

TEST(IncomingRules, TheFirstThatFitsDecides) {
  const auto rules = IncomingRules::parse(
      "from=192.0.2.0/24 callee=9* stream=trunk-{callee}; caller=door* stream={caller}-{callee};"
      "from=2001:db8::1 callee=*busy* busy;; callee=secret reject");
  ASSERT_TRUE(rules) << rules.error().cause;
  struct Case {
    sip::IncomingCall call;
    int status;
    const char* stream;
  };
  for (const Case& c : {
           Case{call("192.0.2.7", "x", "911"), 200, "trunk-911"},
           Case{call("192.0.3.7", "x", "911"), 403, ""},
           Case{call("192.0.2.7", "door1", "8"), 200, "door1-8"},
           Case{call("198.51.100.1", "door/../1", "a b"), 200, "door_.._1-a_b"},
           Case{call("2001:db8::1", "x", "isbusynow"), 486, ""},
           Case{call("2001:db8::2", "x", "isbusynow"), 403, ""},
           Case{call("192.0.2.7", "{callee}", "secret"), 403, ""},
       }) {
    SCOPED_TRACE(c.call.source.ip() + c.call.from_user);
    const auto decision = rules->decide(c.call);
    EXPECT_EQ(decision.sip_status, c.status);
    if (c.status == 200) EXPECT_EQ(decision.stream, c.stream);
  }
}

TEST(IncomingRules, ARuleMayWantAUser) {
  const auto rules = IncomingRules::parse("callee=9 user=ali* stream=s; callee=8 stream=t");
  ASSERT_TRUE(rules && rules->wants_users());
  EXPECT_EQ(rules->decide(call("192.0.2.7", "x", "9")).user, "ali*");
  EXPECT_EQ(rules->decide(call("192.0.2.7", "x", "8")).user, "");
  EXPECT_FALSE(IncomingRules::parse("user=alice reject")) << "there is nothing to prove";
}

TEST(IncomingRules, ARuleMayNameAnApp) {
  const auto rules = IncomingRules::parse("callee=9 app=trunk stream=s; callee=8 stream=t");
  ASSERT_TRUE(rules) << rules.error().cause;
  EXPECT_EQ(rules->decide(call("192.0.2.7", "x", "9")).app, "trunk");
  EXPECT_EQ(rules->decide(call("192.0.2.7", "x", "8")).app, "defaultApp");
}

TEST(IncomingRules, WithoutRulesEveryoneIsRefused) {
  const auto rules = IncomingRules::parse(" ; ");
  ASSERT_TRUE(rules && rules->empty());
  EXPECT_EQ(rules->decide(call("127.0.0.1", "a", "b")).sip_status, 403);
}

TEST(IncomingRules, AWrongRuleIsNamed) {
  for (const char* wrong : {"callee=9*", "from=1.2.3 stream=x", "from=1.2.3.4/33 busy",
                            "stream=", "what=1 busy", "busy now"}) {
    const auto rules = IncomingRules::parse(wrong);
    ASSERT_FALSE(rules.has_value()) << wrong;
    EXPECT_TRUE(rules.error().cause.contains("rule")) << rules.error().cause;
  }
}

}  // namespace
}  // namespace sipcast
