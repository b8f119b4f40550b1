#include "control/ice_servers.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

TEST(IceServers, AListBecomesLinkHeaders) {
  const auto servers = parse_ice_servers(
      "stun:stun.example.com, turn:bob:se@cret@turn.example.com:3478?transport=udp,"
      "turns:bob:x@[2001:db8::1]:5349");
  ASSERT_TRUE(servers.has_value()) << servers.error().cause;
  ASSERT_EQ(servers->size(), 3u);
  EXPECT_EQ(link_header(servers->at(0)), "<stun:stun.example.com>; rel=\"ice-server\"");
  EXPECT_EQ(link_header(servers->at(1)),
            "<turn:turn.example.com:3478?transport=udp>; rel=\"ice-server\"; username=\"bob\"; "
            "credential=\"se@cret\"; credential-type=\"password\"");
  EXPECT_EQ(servers->at(2).url, "turns:[2001:db8::1]:5349");
  EXPECT_TRUE(parse_ice_servers("")->empty());
}

TEST(IceServers, WhatIsWrongIsSaidWithoutTheCredentials) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://x", "stun:, stuns:, turn: or turns:"},
      {"turn:turn.example.com", "USER:PASSWORD@"},
      {"stun:bob:secret@host", "no credentials"},
      {"stun:", "HOST"},
      {"stun:host:0", "HOST:PORT"},
      {"stun:[::1", "HOST"},
      {"turn:bob:secret@host?transport=sctp", "transport=udp"},
      {"turn:bob:sec\"ret@host", "quotes"},
      {"stun:ho st", "HOST"},
  };
  for (const auto& [text, cause] : cases) {
    const auto servers = parse_ice_servers(text);
    ASSERT_FALSE(servers.has_value()) << text;
    EXPECT_NE(servers.error().cause.find(cause), std::string::npos) << servers.error().cause;
    EXPECT_EQ(servers.error().cause.find("secret"), std::string::npos) << servers.error().cause;
  }
}

}  // namespace
}  // namespace sipcast
