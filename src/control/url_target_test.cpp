#include "control/url_target.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

TEST(CheckTarget, RefusesPrivateNetworksUnlessAllowed) {
  for (const char* ip :
       {"127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"}) {
    SCOPED_TRACE(ip);
    const auto address = SocketAddress::parse(ip, 1935).value();
    const auto checked = check_target(address, PrivateTargets::Refused);
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().cause.find("url.allow_private"), std::string::npos);
    EXPECT_TRUE(check_target(address, PrivateTargets::Allowed));
  }
  for (const char* ip : {"192.0.2.1", "8.8.8.8", "2001:db8::1", "2606:4700::1"}) {
    EXPECT_TRUE(check_target(SocketAddress::parse(ip, 1).value(), PrivateTargets::Refused)) << ip;
  }
}

}  // namespace
}  // namespace sipcast
