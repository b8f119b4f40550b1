#include "http/static_files.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace sipcast::http {
namespace {

namespace fs = std::filesystem;

Response ask(const Handler& handler, std::string path, std::string if_none_match = {}) {
  Request request;
  request.method = "GET";
  request.path = std::move(path);
  if (!if_none_match.empty()) request.headers["if-none-match"] = std::move(if_none_match);
  Response answer;
  handler(request, [&](Response response) { answer = std::move(response); });
  return answer;
}

std::string header(const Response& response, std::string_view name) {
  const std::string* value = response.find_header(name);
  return value ? *value : "";
}

class StaticDirectory : public testing::Test {
 protected:
  StaticDirectory() {
    std::string pattern = (fs::temp_directory_path() / "sipcast-static-XXXXXX").string();
    base_ = ::mkdtemp(pattern.data());
    fs::create_directories(base_ / "root/sub");
    write("secret.txt", "secret");
    write("root/index.html", "<p>index</p>");
    write("root/app.js", "let a;");
    write("root/.hidden", "hidden");
    write("root/sub/index.html", "sub");
    fs::create_symlink(base_ / "secret.txt", base_ / "root/link.txt");
    fs::create_symlink(base_ / "root/app.js", base_ / "root/inner.js");
  }
  ~StaticDirectory() override { fs::remove_all(base_); }
  void write(const char* name, const char* text) { std::ofstream(base_ / name) << text; }

  fs::path base_;
};

TEST_F(StaticDirectory, ServesFilesWithTheirTypes) {
  const Handler handler = static_directory((base_ / "root").string(), "/demo");
  const Response script = ask(handler, "/demo/app.js");
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.body, "let a;");
  EXPECT_EQ(header(script, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_NE(header(script, "Cache-Control"), "");
  EXPECT_EQ(ask(handler, "/demo/").body, "<p>index</p>");
  EXPECT_EQ(ask(handler, "/demo/sub/").body, "sub");
  EXPECT_EQ(header(ask(handler, "/demo/sub"), "Location"), "sub/");
  EXPECT_EQ(header(ask(handler, "/demo"), "Location"), "/demo/");
  EXPECT_EQ(ask(handler, "/demo/inner.js").status, 200);
}

TEST_F(StaticDirectory, NothingOutsideOfTheRootIsServed) {
  const Handler handler = static_directory((base_ / "root").string());
  for (const char* path : {"/../secret.txt", "/sub/../../secret.txt", "/link.txt", "/.hidden",
                           "/absent", "//etc/passwd", "/sub/./index.html"}) {
    EXPECT_EQ(ask(handler, path).status, 404) << path;
  }
  EXPECT_EQ(ask(handler, "/" + (base_ / "secret.txt").string()).status, 404);
}

TEST_F(StaticDirectory, AnUnchangedFileIs304AndALargeOne413) {
  const Handler handler = static_directory((base_ / "root").string(), "/", 8);
  const Response script = ask(handler, "/app.js");
  const Response again = ask(handler, "/app.js", "\"x\", W/" + header(script, "ETag"));
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(ask(handler, "/index.html").status, 413);
}

TEST(StaticTable, ServesWhatItHolds) {
  const Handler handler = static_table({{"/demo/index.html", {"text/html", "page"}}});
  const Response page = ask(handler, "/demo/");
  EXPECT_EQ(page.body, "page");
  EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
  EXPECT_EQ(ask(handler, "/demo/index.html", header(page, "ETag")).status, 304);
  EXPECT_EQ(ask(handler, "/demo/other").status, 404);
}

}  // namespace
}  // namespace sipcast::http
