#include "app/device_options.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

StartCall call_of(std::string login, std::string domain, std::string callee) {
  StartCall call{};
  call.account.login = std::move(login);
  call.account.domain = std::move(domain);
  call.callee = std::move(callee);
  return call;
}

TEST(DeviceRules, TheFirstThatFitsCountsAndWhatItDoesNotSayIsAsUsual) {
  const auto rules = parse_device_rules(
      "account=door* h264_mode=0 video_width=640 video_height=480; account=*@pbx.example "
      "callee=9* srtp=required; callee=* direction=recvonly;",
      {.h264_level = 40, .video_bandwidth = 700});
  ASSERT_TRUE(rules) << rules.error().cause;
  const auto& door = rules->local_for(call_of("door1", "pbx.example", "91"));
  EXPECT_EQ(door.h264_modes, std::vector<uint8_t>{0});
  EXPECT_EQ(door.video.width, 640);
  EXPECT_EQ(door.video.h264_level, 40);
  EXPECT_EQ(door.video.kbit, 700u);
  EXPECT_EQ(door.srtp, sdp::SrtpMode::Off);
  const auto& trunk = rules->local_for(call_of("alice", "pbx.example", "91"));
  EXPECT_EQ(trunk.srtp, sdp::SrtpMode::Required);
  EXPECT_EQ(trunk.direction, sdp::Direction::SendRecv);
  const auto& other = rules->local_for(call_of("alice", "other.example", "91"));
  EXPECT_EQ(other.direction, sdp::Direction::RecvOnly);
}

TEST(DeviceRules, WithoutRulesAllIsAsUsual) {
  auto rules = parse_device_rules("", {.h264_level = 40});
  ASSERT_TRUE(rules);
  rules->set_dtls_fingerprint("AB:CD");
  EXPECT_EQ(rules->local_for(call_of("a", "b", "c")).video.h264_level, 40);
  EXPECT_EQ(rules->local_for(call_of("a", "b", "c")).dtls_fingerprint, "AB:CD");
}

TEST(DeviceRules, WhatIsWrongIsNamed) {
  for (const auto& [text, what] : {std::pair{"account=a h264_mod=0", "h264_mod"},
                                   {"account=a h264_mode=2", "h264_mode=2"},
                                   {"account=a h264_level=900", "10..62"},
                                   {"h264_mode=0", "no account="}}) {
    const auto rules = parse_device_rules(text, {});
    ASSERT_FALSE(rules) << text;
    EXPECT_TRUE(rules.error().cause.contains(what)) << rules.error().cause;
  }
}

}  // namespace
}  // namespace sipcast
