#include "control/hooks/hook_answer.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "control/hooks/hook_notices.hpp"

namespace sipcast {
namespace {
namespace json = boost::json;

fetch::Reply reply(int status, std::string body, std::string reason = "Whatever") {
  return {.status = status, .reason = std::move(reason), .body = std::move(body)};
}

HookAnswer judge(Result<fetch::Reply> given, OnError on_error = OnError::Unset,
                 const HookPolicy& policy = {}, std::string_view method = "playStream") {
  return judge_answer(method, policy, on_error, std::move(given));
}

TEST(JudgeAnswer, TwoHundredWithAnObjectOrNothingIsGood) {
  const HookAnswer changed = judge(reply(200, R"({"name":"other"})"));
  EXPECT_TRUE(changed.allowed);
  EXPECT_EQ(changed.fields.at("name").as_string(), "other");
  EXPECT_TRUE(judge(reply(200, " \n")).allowed);
}

TEST(JudgeAnswer, EverythingElseRefuses) {
  for (const auto& [status, body] : {std::pair{200, "<html>"},
                                     {200, "[]"},
                                     {200, "{"},
                                     {201, "{}"},
                                     {204, ""},
                                     {302, ""},
                                     {403, ""},
                                     {404, "{}"},
                                     {500, ""}}) {
    const HookAnswer answer = judge(reply(status, body));
    EXPECT_FALSE(answer.allowed) << status << body;
    EXPECT_FALSE(answer.reason.empty());
    EXPECT_FALSE(answer.problem.empty());
    EXPECT_TRUE(answer.fields.empty());
  }
  EXPECT_FALSE(judge(fail(Errc::Timeout, "too late")).allowed);
}

TEST(JudgeAnswer, TheClientHearsTheBackEndsReasonAndNothingOfItsTroubles) {
  EXPECT_EQ(judge(reply(403, R"({"reason":"pay\nfirst"})")).reason, "pay\\x0afirst");
  EXPECT_EQ(judge(reply(403, "", "Go Away")).reason, "Go Away");
  EXPECT_EQ(judge(reply(403, R"({"reason":5})", "")).reason, "Restricted access");
  EXPECT_EQ(judge(fail(Errc::Refused, "10.0.0.1 refused")).reason, "Restricted access");
}

TEST(JudgeAnswer, LogPassesOverFailuresExceptOfConnect) {
  EXPECT_TRUE(judge(reply(403, ""), OnError::Log).allowed);
  EXPECT_TRUE(judge(fail(Errc::Timeout, "x"), OnError::Log).allowed);
  EXPECT_FALSE(judge(reply(403, ""), OnError::Log, {}, "connect").allowed);
}

TEST(JudgeAnswer, ThePolicySaysWhatIsTakenOver) {
  const std::string body = R"({"name":"other","width":7})";
  using Taking = HookPolicy::Taking;
  EXPECT_TRUE(judge(reply(200, body), OnError::Unset, {.taking = Taking::Notify}).fields.empty());
  const auto some = judge(reply(200, body), OnError::Unset,
                          {.rest_overwrite = {"width", "height"}, .taking = Taking::Overwrite});
  EXPECT_EQ(json::serialize(some.fields), R"({"width":7})");
  EXPECT_EQ(judge(reply(200, body), OnError::Unset, {.taking = Taking::Overwrite}).fields.size(),
            2u);
}

TEST(HookPolicies, AreReadFromWhatConnectAnswers) {
  const auto policies = HookPolicies::parse(
      json::parse(
          R"({"playStream":{"restOnError":"FAIL","restPolicy":"DISABLED","restExclude":"a, b"},
                      "connect":{"clientExclude":["c"],"restOnError":null}})")
          .as_object());
  ASSERT_TRUE(policies.has_value()) << policies.error().cause;
  const HookPolicy& play = policies->of("playStream");
  EXPECT_EQ(play.on_error, OnError::Fail);
  EXPECT_EQ(play.taking, HookPolicy::Taking::Disable);
  EXPECT_EQ(play.rest_exclude, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(policies->of("connect").client_exclude, (std::vector<std::string>{"c"}));
  EXPECT_EQ(policies->of("other").on_error, OnError::Unset);
  for (const char* bad :
       {R"({"a":5})", R"({"a":{"restOnError":"x"}})", R"({"a":{"restPolicy":"x"}})",
        R"({"a":{"restExclude":5}})", R"({"a":{"restExclude":[5]}})"}) {
    EXPECT_FALSE(HookPolicies::parse(json::parse(bad).as_object()).has_value()) << bad;
  }
}

TEST(HookNotices, TryAgainWhatDidNotArrive) {
  for (const int status : {408, 425, 429, 500, 503}) {
    EXPECT_TRUE(is_worth_another_try(reply(status, ""))) << status;
  }
  for (const int status : {200, 204, 302, 400, 403, 404}) {
    EXPECT_FALSE(is_worth_another_try(reply(status, ""))) << status;
  }
  EXPECT_TRUE(is_worth_another_try(fail(Errc::Timeout, "")));
  EXPECT_FALSE(is_worth_another_try(fail(Errc::Forbidden, "")));
}

TEST(HookNotices, ThePauseGrowsToItsBound) {
  using namespace std::chrono_literals;
  const HookNotices::Options options{.first_pause = 500ms, .longest_pause = 3s};
  EXPECT_EQ(pause_after(1, options), 500ms);
  EXPECT_EQ(pause_after(2, options), 1s);
  EXPECT_EQ(pause_after(4, options), 3s);
  EXPECT_EQ(pause_after(1000, options), 3s);
}

TEST(SignatureHeaders, SignTimestampIdAndBody) {
  const WallTime at{std::chrono::seconds(1'700'000'000)};
  const auto plain = signature_headers("", "id1", at, "{}");
  EXPECT_EQ(plain.size(), 2u);
  const auto signed_ones = signature_headers("key", "id1", at, "{}");
  ASSERT_EQ(signed_ones.size(), 3u);
  EXPECT_EQ(signed_ones[1].second, "1700000000");
  EXPECT_EQ(signed_ones[2].first, "X-Sipcast-Signature");
  EXPECT_EQ(signed_ones[2].second,
            "sha256=32a8067b775e228a237e3844c05c924710525eea2ff8a5a4e6c7b9144b20bddb");
}

}  // namespace
}  // namespace sipcast
