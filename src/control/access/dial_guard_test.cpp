#include "control/access/dial_guard.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

const sip::Account kAccount{.login = "alice", .domain = "pbx.example"};

PrincipalPtr asker(std::string name, uint32_t calls, uint32_t per_hour) {
  return std::make_shared<Principal>(
      Principal{.name = std::move(name), .max_calls = calls, .calls_per_hour = per_hour});
}

std::string cause(const Result<void>& result) { return result ? "" : result.error().cause; }

TEST(DialGuard, LimitsCallsAtOnceAndInAnHourForAll) {
  DialGuard guard({.rules = {}, .max_calls = 2, .max_calls_per_hour = 3});
  const Instant start{};
  EXPECT_TRUE(guard.begin(nullptr, kAccount, "1", start));
  EXPECT_TRUE(guard.begin_incoming());
  const auto third = guard.begin(nullptr, kAccount, "2", start);
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().code, Errc::Exhausted);
  EXPECT_EQ(cause(third).find("dial.max_calls: 2"), 0u);
  EXPECT_EQ(cause(guard.begin_incoming()).find("dial.max_calls"), 0u);
  guard.ended(nullptr);
  EXPECT_TRUE(guard.begin(nullptr, kAccount, "3", start + 1s));
  guard.ended(nullptr);
  EXPECT_TRUE(guard.begin(nullptr, kAccount, "4", start + 2s));
  guard.ended(nullptr);
  EXPECT_EQ(cause(guard.begin(nullptr, kAccount, "5", start + 3s)).find("dial.max_calls_per_hour"),
            0u);
  EXPECT_TRUE(guard.begin(nullptr, kAccount, "6", start + 1h));
}

TEST(DialGuard, LimitsEachKeyByItself) {
  DialGuard guard({.rules = {}});
  const auto a = asker("key a", 1, 2), b = asker("key b", 1, 2);
  EXPECT_TRUE(guard.begin(a, kAccount, "1", {}));
  EXPECT_EQ(cause(guard.begin(a, kAccount, "1", {})), "calls=1 of the key a: as many run already");
  EXPECT_TRUE(guard.begin(b, kAccount, "1", {}));
  guard.ended(a);
  EXPECT_TRUE(guard.begin(a, kAccount, "1", {}));
  guard.ended(a);
  EXPECT_EQ(cause(guard.begin(a, kAccount, "1", {})).find("calls_per_hour=2 of the key a"), 0u);
  EXPECT_TRUE(guard.begin(nullptr, kAccount, "1", {}));
}

TEST(DialGuard, RulesSeeWhereACallLeadsAndWhereItIsSent) {
  DialGuard guard({.rules = DialRules::parse("*@pbx.example", "").value()});
  EXPECT_TRUE(guard.begin(nullptr, kAccount, "1", {}));
  EXPECT_FALSE(guard.begin(nullptr, kAccount, "sip:1@evil.example", {}));
  sip::Account elsewhere = kAccount;
  elsewhere.outbound_proxy = sip::Target{.transport = sip::Transport::Udp, .host = "evil.example"};
  EXPECT_FALSE(guard.begin(nullptr, elsewhere, "1", {}));
  EXPECT_FALSE(guard.check(kAccount, "sip:1@evil.example"));
}

TEST(DialGuard, TheEmergencyStopRefusesBothDirections) {
  DialGuard guard({.rules = {}});
  guard.stop(true);
  EXPECT_EQ(cause(guard.begin(nullptr, kAccount, "1", {})).find("emergency-stop"), 0u);
  EXPECT_EQ(cause(guard.begin_incoming()).find("emergency-stop"), 0u);
  guard.stop(false);
  EXPECT_TRUE(guard.begin_incoming());
}

}  // namespace
}  // namespace sipcast
