#include "control/rtmp_url.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

TEST(ParseRtmpUrl, TakesUrlsApart) {
  const auto app = parse_rtmp_url("rtmp://media.example/live/", RtmpUrlKind::App);
  ASSERT_TRUE(app);
  EXPECT_EQ(app->host, "media.example");
  EXPECT_EQ(app->port, 1935);
  EXPECT_EQ(app->app, "live");
  EXPECT_EQ(app->key, "");
  const auto full =
      parse_rtmp_url("RTMPS://me:pa:ss@[2001:db8::1]:4443/app/inst/key-1?x=a/b", RtmpUrlKind::Full);
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->user_info, "me:pa:ss");
  EXPECT_EQ(full->host, "2001:db8::1");
  EXPECT_EQ(full->port, 4443);
  EXPECT_EQ(full->app, "app/inst");
  EXPECT_EQ(full->key, "key-1?x=a/b");
  EXPECT_EQ(full->shown(), "rtmps://[2001:db8::1]:4443/app/inst");
}

TEST(ParseRtmpUrl, RefusesWhatIsNoRtmpUrlAndQuotesNothing) {
  for (const char* text :
       {"", "rtmp", "http://host/live", "rtmp://", "rtmp:///live", "rtmp://host", "rtmp://host/",
        "rtmp://host:0/live", "rtmp://host:99999/live", "rtmp://host:/live", "rtmp://ho st/live",
        "rtmp://host/li\"ve", "rtmp://[::1/live", "rtmp://a@b\xff/live", "file:///etc/passwd"}) {
    SCOPED_TRACE(text);
    const auto parsed = parse_rtmp_url(text, RtmpUrlKind::App);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::InvalidArgument);
    EXPECT_EQ(parsed.error().cause.rfind("rtmpUrl: ", 0), 0u);
    EXPECT_EQ(parsed.error().cause.find("host/"), std::string::npos);
  }
  EXPECT_FALSE(parse_rtmp_url("rtmp://host/live", RtmpUrlKind::Full));
  EXPECT_FALSE(parse_rtmp_url("rtmp://host/live/", RtmpUrlKind::Full));
}

TEST(RtmpServer, IsConnectedToAtTheCheckedAddressAndToldItsName) {
  const auto url = parse_rtmp_url("rtmp://me:secret@media.example/live/k", RtmpUrlKind::Full);
  const auto address = SocketAddress::parse("192.0.2.7", 1935).value();
  const auto server = rtmp_server(*url, address, true);
  EXPECT_EQ(server.url, "rtmp://me:secret@192.0.2.7:1935/live/k");
  EXPECT_EQ(server.tc_url, "rtmp://media.example:1935/live");
  EXPECT_EQ(server.app, "live");
  EXPECT_EQ(server.playpath, "k");
  const auto tls = parse_rtmp_url("rtmps://media.example/live/k", RtmpUrlKind::Full);
  EXPECT_EQ(rtmp_server(*tls, address, true).url, "rtmps://media.example:443/live/k");
  EXPECT_EQ(rtmp_server(*tls, address, false).url, "rtmps://192.0.2.7:443/live/k");
}

}  // namespace
}  // namespace sipcast
