#include "control/access/login_throttle.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

SocketAddress address(std::string_view ip, uint16_t port = 1) {
  return *SocketAddress::parse(ip, port);
}

TEST(LoginThrottle, ASourceThatFailsTooOftenWaitsForTheEndOfTheWindow) {
  LoginThrottle throttle({.max_failures = 3, .window = 60s});
  const Instant start{};
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(throttle.blocked(address("192.0.2.1"), start + i * 1s));
    throttle.failed(address("192.0.2.1", static_cast<uint16_t>(i + 1)), start + i * 1s);
  }
  EXPECT_EQ(throttle.blocked(address("192.0.2.1"), start + 10s), 50s);
  EXPECT_FALSE(throttle.blocked(address("192.0.2.2"), start + 10s));
  EXPECT_FALSE(throttle.blocked(address("192.0.2.1"), start + 60s));
  EXPECT_EQ(throttle.sources(), 0u);
}

TEST(LoginThrottle, ANetworkOfIpv6IsOneSource) {
  LoginThrottle throttle({.max_failures = 1});
  throttle.failed(address("2001:db8::1"), {});
  EXPECT_TRUE(throttle.blocked(address("2001:db8::2"), {}));
  EXPECT_FALSE(throttle.blocked(address("2001:db8:0:1::1"), {}));
}

TEST(LoginThrottle, RemembersSoManySourcesAndNoMore) {
  LoginThrottle throttle({.max_failures = 1, .window = 60s, .max_sources = 2});
  const Instant start{};
  throttle.failed(address("192.0.2.1"), start);
  throttle.failed(address("192.0.2.2"), start + 1s);
  throttle.failed(address("192.0.2.3"), start + 2s);
  EXPECT_EQ(throttle.sources(), 2u);
  EXPECT_FALSE(throttle.blocked(address("192.0.2.1"), start + 2s));
  EXPECT_TRUE(throttle.blocked(address("192.0.2.3"), start + 2s));
}

}  // namespace
}  // namespace sipcast
