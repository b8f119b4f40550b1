#include "control/ip_network.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

bool contains(std::string_view network, std::string_view ip) {
  return IpNetwork::parse(network).value().contains(SocketAddress::parse(ip, 5060).value());
}

TEST(IpNetwork, ContainsItsAddresses) {
  EXPECT_TRUE(contains("192.0.2.0/25", "192.0.2.127"));
  EXPECT_FALSE(contains("192.0.2.0/25", "192.0.2.128"));
  EXPECT_TRUE(contains("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(contains("192.0.2.7", "192.0.2.6"));
  EXPECT_TRUE(contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_FALSE(IpNetwork().contains(SocketAddress::parse("192.0.2.1", 0).value()));
}

TEST(IpNetwork, RefusesWhatIsNone) {
  for (const char* text :
       {"", "a", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/x", "2001:db8::/129"}) {
    EXPECT_FALSE(IpNetwork::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sipcast
