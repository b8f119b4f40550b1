#include "control/rest/push_request.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace sipcast::rest {
namespace {

TEST(ParseStartPush, PutsThePrefixInFrontOfTheStreamUnlessTheUrlIsWhole) {
  const auto push = parse_start_push(R"({"streamName":"room1","rtmpUrl":"rtmp://host/live"})");
  ASSERT_TRUE(push);
  EXPECT_EQ(push->stream.value, "room1");
  EXPECT_EQ(push->url.app, "live");
  EXPECT_EQ(push->url.key, "rtmp_room1");
  const auto full = parse_start_push(
      R"({"streamName":"room1","rtmpUrl":"rtmp://host/live/key","rtmpTransponderFullUrl":"TRUE",
          "rtmpFlashVersion":"LNX 76.219.189.0"})");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->url.key, "key");
  EXPECT_EQ(full->flash_version, "LNX 76.219.189.0");
}

TEST(ParseStartPush, ReadsHowItBegins) {
  const auto muted = parse_start_push(
      R"({"streamName":"a","rtmpUrl":"rtmp://h/live","options":{"action":"mute"}})");
  ASSERT_TRUE(muted);
  EXPECT_TRUE(muted->muted);
  const auto sound = parse_start_push(
      R"({"streamName":"a","rtmpUrl":"rtmp://h/live",
          "options":{"action":"sound_on","soundFile":"sample.wav","loop":true}})");
  ASSERT_TRUE(sound);
  EXPECT_EQ(sound->sound_file, "sample.wav");
  EXPECT_TRUE(sound->loop_sound);
}

TEST(ParseStartPush, NamesAWrongField) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"rtmpUrl":"rtmp://h/live"})", "streamName"},
      {R"({"streamName":"a"})", "rtmpUrl"},
      {R"({"streamName":"a","rtmpUrl":"http://h/live"})", "rtmpUrl"},
      {R"({"streamName":"a","rtmpUrl":"rtmp://h/live","rtmpTransponderFullUrl":1})",
       "rtmpTransponderFullUrl"},
      {R"({"streamName":"a","rtmpUrl":"rtmp://h/live","options":[]})", "options"},
      {R"({"streamName":"a","rtmpUrl":"rtmp://h/live","options":{"action":"x"}})",
       "options.action"},
      {R"({"streamName":"a","rtmpUrl":"rtmp://h/live","options":{"action":"sound_on"}})",
       "options.soundFile"},
  };
  for (const auto& [body, field] : cases) {
    const auto push = parse_start_push(body);
    ASSERT_FALSE(push) << body;
    EXPECT_NE(push.error().cause.find(field), std::string::npos) << push.error().cause;
  }
}

TEST(PushFilter, MatchesThePlainAndThePrefixedName) {
  const PushInfo push{
      .id = "x", .stream = {"room1"}, .asked_url = "rtmp://h/live", .shown_url = "rtmp://h/live"};
  EXPECT_TRUE(parse_push_filter(R"({"streamName":"room1"})")->matches(push));
  EXPECT_TRUE(parse_push_filter(R"({"streamName":"rtmp_room1"})")->matches(push));
  EXPECT_TRUE(parse_push_filter("{}")->matches(push));
  EXPECT_FALSE(parse_push_filter(R"({"streamName":"room2"})")->matches(push));
  EXPECT_FALSE(parse_push_filter(R"({"rtmpUrl":"rtmp://h/other"})")->matches(push));
}

}  // namespace
}  // namespace sipcast::rest
