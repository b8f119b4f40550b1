#include "control/access/access.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>

#include "base/file.hpp"
#include "sdp/base64.hpp"

namespace sipcast {
namespace {

/// A real loop and a real worker, as what is tested crosses threads; nobody waits by the clock.
class AccessTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    key_ = make_key("dialer", "scopes=calls").value();
    const auto cheap = PasswordHash::make("sesame", {.log_n = 10, .r = 1, .p = 1});
    lines_ = "user alice " + cheap.to_string() + "\n" + key_.line + "\n";
    ASSERT_TRUE(replace_file(file(), lines_));
    web_.start();
    access_.emplace(
        Access::Options{.required = true, .file = file(), .throttle = {.max_failures = 3}}, web_,
        Logger::none());
    ASSERT_TRUE(access_->load());
  }
  void TearDown() override {
    web_.stop();
    access_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::string file() const { return folder_ + "/auth"; }
  static std::string basic(std::string_view user_password) {
    return "Basic " + sdp::encode_base64(as_bytes(user_password));
  }

  http::Verdict ask(const std::string& path, const std::string& authorization,
                    const char* ip = "192.0.2.1") {
    http::Request request;
    request.method = "POST";
    request.path = path;
    request.remote = SocketAddress::parse(ip, 1).value();
    if (!authorization.empty()) request.headers["authorization"] = authorization;
    std::promise<http::Verdict> told;
    auto verdict = told.get_future();
    web_.post(
        [&] { access_->check(request, [&](http::Verdict v) { told.set_value(std::move(v)); }); });
    return verdict.get();
  }
  int status(const std::string& path, const std::string& authorization,
             const char* ip = "192.0.2.1") {
    const auto verdict = ask(path, authorization, ip);
    return verdict.refused ? verdict.refused->status : 200;
  }

  std::string folder_ = testing::TempDir() + "access-XXXXXX", lines_;
  NewKey key_;
  EventLoop web_{"web"};
  std::optional<Access> access_;
};

TEST_F(AccessTest, UsersAndKeysComeThroughAndOthersDoNot) {
  const std::string call = "/rest-api/call/find";
  EXPECT_EQ(status(call, ""), 401);
  EXPECT_EQ(status("/healthz", ""), 200);
  const auto alice = ask(call, basic("alice:sesame"));
  ASSERT_FALSE(alice.refused);
  EXPECT_EQ(alice.principal->name, "user alice");
  EXPECT_EQ(ask(call, basic("alice:sesame")).principal, alice.principal) << "remembered";
  EXPECT_EQ(ask(call, "Bearer " + key_.token).principal->name, "key dialer");
  EXPECT_EQ(status("/rest-api/stream/find", "Bearer " + key_.token), 403);
  EXPECT_EQ(status("/v1/apps", "Bearer " + key_.token), 403);
  EXPECT_EQ(status("/metrics", "Bearer " + key_.token), 200);
  EXPECT_EQ(status(call, "Bearer " + key_.token + "x"), 401);
  EXPECT_EQ(access_->key_owner(key_.token)->name, "key dialer");
}

TEST_F(AccessTest, AnAddressWithTooManyFailuresWaitsAndOthersDoNot) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status("/v1/apps", basic("alice:wrong")), 401);
  const auto late = ask("/v1/apps", basic("alice:sesame"));
  ASSERT_TRUE(late.refused);
  EXPECT_EQ(late.refused->status, 429);
  EXPECT_NE(late.refused->find_header("Retry-After"), nullptr);
  EXPECT_EQ(status("/v1/apps", basic("alice:sesame"), "192.0.2.2"), 200);
  EXPECT_EQ(status("/v1/apps", basic("alice:sesame")), 200) << "who is known already goes on";
}

TEST_F(AccessTest, WhatWasRememberedEndsWithItsFile) {
  EXPECT_EQ(status("/v1/apps", basic("alice:sesame")), 200);
  ASSERT_TRUE(replace_file(file(), key_.line));
  ASSERT_TRUE(access_->load());
  EXPECT_EQ(status("/v1/apps", basic("alice:sesame")), 401);
  ASSERT_TRUE(replace_file(file(), "nonsense"));
  EXPECT_FALSE(access_->load().has_value());
  EXPECT_EQ(status("/rest-api/call/find", "Bearer " + key_.token), 200) << "the old one stays";
}

TEST(Access, NeedsAFileWithSomebodyInIt) {
  EventLoop web("web");
  Access without({.required = true}, web, Logger::none());
  EXPECT_EQ(without.load().error().cause.find("auth.file"), 0u);
  Access missing({.required = true, .file = "/nowhere/auth"}, web, Logger::none());
  EXPECT_EQ(missing.load().error().cause.find("auth.file"), 0u);
  Access open({.required = false}, web, Logger::none());
  EXPECT_TRUE(open.load());
}

}  // namespace
}  // namespace sipcast
