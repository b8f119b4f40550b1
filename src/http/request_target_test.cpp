#include "http/request_target.hpp"

#include <gtest/gtest.h>

#include "http/http.hpp"

namespace sipcast::http {
namespace {

std::string path_of(std::string_view raw) {
  const auto path = normalize_path(raw);
  return path ? *path : "error";
}

TEST(RequestTarget, PathsAreDecodedAndLoseTheirDotSegments) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/", "/"},
      {"/a/b", "/a/b"},
      {"/a/b/", "/a/b/"},
      {"//a///b", "/a/b"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/%2e%2E/b", "/b"},
      {"/../../etc/passwd", "/etc/passwd"},
      {"/a/..", "/"},
      {"/a/.", "/a/"},
      {"/live/%D1%8F", "/live/\xd1\x8f"},
      {"/a+b%20c", "/a+b c"},
      {"/...", "/..."},
  };
  for (const auto& [raw, path] : cases) EXPECT_EQ(path_of(raw), path) << raw;
}

TEST(RequestTarget, PathsThatCouldMeanTwoThingsAreRefused) {
  for (const std::string_view raw : {"", "a", "/a%2Fb", "/a%2f..", "/a%5cb", "/a\\b", "/%00",
                                     "/a%0d%0ab", "/%", "/%4", "/%zz", "/a%7f"}) {
    EXPECT_FALSE(normalize_path(raw)) << raw;
  }
}

TEST(RequestTarget, AllFormsOfTargetsAreUnderstood) {
  const auto origin = parse_target("/a/b?x=1&y=%32");
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->path, "/a/b");
  EXPECT_EQ(origin->query, "x=1&y=%32");
  const auto absolute = parse_target("http://host:8081/a?b?c#d");
  ASSERT_TRUE(absolute);
  EXPECT_EQ(absolute->path, "/a");
  EXPECT_EQ(absolute->query, "b?c");
  EXPECT_EQ(parse_target("http://host")->path, "/");
  EXPECT_EQ(parse_target("http://host?q=1")->query, "q=1");
  EXPECT_EQ(parse_target("*")->path, "*");
  for (const std::string_view bad : {"", "host:443", "ftp://host/", "?a", "**"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(RequestTarget, QueryValuesAreDecodedAndTheFirstWins) {
  Request request;
  request.query = "name=room%201&callee=+4930&flag&bad=%zz&name=other&%6bey=v&=empty";
  EXPECT_EQ(request.query_value("name"), "room 1");
  EXPECT_EQ(request.query_value("callee"), "+4930");
  EXPECT_EQ(request.query_value("flag"), "");
  EXPECT_EQ(request.query_value("bad"), "%zz");
  EXPECT_EQ(request.query_value("key"), "v");
  EXPECT_EQ(request.query_value("absent"), "");
}

}  // namespace
}  // namespace sipcast::http
