#include "fetch/http_url.hpp"

#include <gtest/gtest.h>

namespace sipcast::fetch {
namespace {

TEST(HttpUrl, IsTakenApart) {
  const auto plain = HttpUrl::parse("http://backend.example:8000/hooks/");
  ASSERT_TRUE(plain.has_value()) << plain.error().cause;
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "backend.example");
  EXPECT_EQ(plain->port, 8000);
  EXPECT_EQ(plain->path, "/hooks");
  EXPECT_EQ(plain->below("connect").to_string(), "http://backend.example:8000/hooks/connect");
  const auto secure = HttpUrl::parse("HTTPS://[2001:db8::1]");
  ASSERT_TRUE(secure.has_value()) << secure.error().cause;
  EXPECT_TRUE(secure->tls);
  EXPECT_EQ(secure->to_string(), "https://[2001:db8::1]:443/");
  EXPECT_EQ(secure->below("a").path, "/a");
}

TEST(HttpUrl, RefusesWhatLeadsElsewhere) {
  for (const char* text : {"",
                           "http",
                           "http://",
                           "ftp://a",
                           "file:///etc/passwd",
                           "gopher://a:25/x",
                           "//a",
                           "http:/a",
                           "http://a b",
                           "http://a\r\nHost: b",
                           "http://user@a",
                           "http://a@b:80@c/",
                           "http://a:0",
                           "http://a:65536",
                           "http://a:x",
                           "http://a:",
                           "http://[::1",
                           "http://[::1]x",
                           "http://[a]",
                           "http://[1.2.3.4]",
                           "http://a/?x=1",
                           "http://a/#x",
                           "http://a\\b",
                           "http://\xc3\xa4.example",
                           "http://a/\"x\""}) {
    EXPECT_FALSE(HttpUrl::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sipcast::fetch
