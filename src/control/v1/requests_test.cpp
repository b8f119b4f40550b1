#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/v1/event_routes.hpp"
#include "control/v1/idempotency.hpp"
#include "control/v1/new_call.hpp"
#include "control/v1/query.hpp"
#include "control/v1/strict_fields.hpp"

namespace sipcast::v1 {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Query, TellsWhatIsWrongWithIt) {
  const struct {
    const char* raw;
    const char* cause;  // "" where it is fine
  } cases[] = {{"", ""},
               {"&&state=live&", ""},
               {"st%61te=a%20b", ""},
               {"state=%zz", "percent-encoding"},
               {"state=a%0ab", "state: has control characters"},
               {"sate=live", "sate: no such parameter; there are state, limit"},
               {"state=a&state=b", "state: comes twice"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.raw);
    const auto query = Query::parse(c.raw, {"state", "limit"});
    EXPECT_EQ(query.has_value(), *c.cause == '\0');
    if (!query) EXPECT_THAT(query.error().cause, HasSubstr(c.cause));
  }
  EXPECT_FALSE(Query::parse("state=" + std::string(600, 'x'), {"state"}));
}

TEST(Query, NumbersAndWordsAreCheckedByName) {
  const auto query = Query::parse("limit=12&state=live&bad=-1", {"limit", "state", "bad"});
  ASSERT_TRUE(query);
  EXPECT_EQ(query->number("limit", 1, 1, 100).value(), 12u);
  EXPECT_EQ(query->number("absent", 7, 1, 100).value(), 7u);
  EXPECT_EQ(query->number("bad", 1, 0, 10).error().cause,
            "bad: must be a whole number from 0 to 10");
  EXPECT_EQ(query->word("state", {"live"}).value(), "live");
  EXPECT_EQ(query->word("state", {"a", "b"}).error().cause, "state: must be one of a, b");
}

TEST(NewCall, LittleIsNeeded) {
  const auto call =
      parse_new_call(R"({"callee":"bob","account":{"login":"alice","domain":"pbx.example"}})");
  ASSERT_TRUE(call) << call.error().cause;
  EXPECT_EQ(call->callee, "bob");
  EXPECT_EQ(call->account.authentication_name, "alice");
  EXPECT_EQ(call->stream.value, call->id.value);
  EXPECT_FALSE(call->id.value.empty());
  EXPECT_TRUE(call->has_audio && call->has_video && call->any_transport);
  EXPECT_FALSE(call->register_first || call->record);
}

TEST(NewCall, EveryFieldIsTakenOver) {
  const auto call = parse_new_call(
      R"({"callee":"bob","call_id":"c1","stream":"room1","audio":true,"video":false,"record":true,)"
      R"("account":{"login":"alice","domain":"pbx.example","auth_name":"a","password":"p",)"
      R"("display_name":"Alice","proxy":"sip:10.0.0.1:5070;transport=tcp","port":5061,)"
      R"("register":true}})");
  ASSERT_TRUE(call) << call.error().cause;
  EXPECT_EQ(call->id.value, "c1");
  EXPECT_EQ(call->stream.value, "room1");
  EXPECT_FALSE(call->has_video);
  EXPECT_TRUE(call->record && call->register_first);
  EXPECT_EQ(call->account.authentication_name, "a");
  EXPECT_EQ(call->account.display_name, "Alice");
  EXPECT_EQ(call->account.outbound_proxy->port, 5070);
  EXPECT_EQ(call->account.transport, sip::Transport::Tcp);
  EXPECT_FALSE(call->any_transport);
}

TEST(NewCall, WhatIsWrongIsNamed) {
  const std::string account = R"("account":{"login":"alice","domain":"pbx.example"})";
  const struct {
    std::string body;
    const char* cause;
  } cases[] = {
      {"[]", "must be a JSON object"},
      {"{", "not valid JSON"},
      {"", "callee: is missing"},
      {R"({"callee":"bob"})", "account: is missing"},
      {R"({"callee":7,)" + account + "}", "callee: must be a string"},
      {R"({"callee":"",)" + account + "}", "callee: is empty"},
      {R"({"callee":"b\nc",)" + account + "}", "callee: has control characters"},
      {R"({"callee":"bob","video":"true",)" + account + "}", "video: must be true or false"},
      {R"({"callee":"bob","audio":false,"video":false,)" + account + "}", "one of them"},
      {R"({"callee":"bob","hasVideo":true,)" + account + "}", "hasVideo: no such field"},
      {R"({"callee":"bob","account":{"login":"a","domain":"b c"}})", "account.domain: is no host"},
      {R"({"callee":"bob","account":{"login":"a","domain":"b","port":70000}})",
       "account.port: must be a whole number from 1 to 65535"},
      {R"({"callee":"bob","account":{"login":"a","domain":"b","port":1.5}})", "account.port"},
      {R"({"callee":"bob","account":{"login":"a","domain":"b","proxy":"h:0"}})",
       "account.proxy: the port"},
      {R"({"callee":"bob","account":{"login":"a","domain":"b","sipPort":5060}})",
       "account.sipPort: no such field"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.body);
    const auto call = parse_new_call(c.body);
    ASSERT_FALSE(call);
    EXPECT_THAT(call.error().cause, HasSubstr(c.cause));
  }
}

TEST(EventRequest, WhatTheBrowserHasSeenLastIsMoreThanItsAddressSays) {
  const auto asked = parse_event_request("after=5&types=call,viewer.left&stream=room1", "9");
  ASSERT_TRUE(asked) << asked.error().cause;
  EXPECT_EQ(asked->after, 9u);
  EXPECT_EQ(asked->filter.stream, "room1");
  EXPECT_TRUE(asked->filter.types.contains(EventType::CallDtmf));
  EXPECT_TRUE(asked->filter.types.contains(EventType::ViewerLeft));
  EXPECT_FALSE(asked->filter.types.contains(EventType::ViewerJoined));
  EXPECT_FALSE(parse_event_request("", "x"));
  EXPECT_FALSE(parse_event_request("after=-1", ""));
  EXPECT_FALSE(parse_event_request("types=call.nothing", ""));
  EXPECT_FALSE(parse_event_request("types=,", ""));
  EXPECT_FALSE(parse_event_request("limit=0", ""));
}

TEST(IdempotencyKeys, TheAnswerOfBeforeIsGivenForTheSameBodyAlone) {
  IdempotencyKeys keys({.max_keys = 2, .keep = 1h});
  const Instant start{};
  const auto answer = http::Response::json(201, "{}");
  EXPECT_FALSE(keys.find("k", "body", start).value());
  keys.keep("k", "body", answer, start);
  EXPECT_EQ(keys.find("k", "body", start + 59min).value()->status, 201);
  EXPECT_EQ(keys.find("k", "other", start).error().code, Errc::AlreadyExists);
  EXPECT_FALSE(keys.find("k", "body", start + 1h).value()) << "forgotten";
  EXPECT_EQ(keys.find(std::string(256, 'k'), "", start).error().code, Errc::InvalidArgument);
  EXPECT_EQ(keys.find("k\x80", "", start).error().code, Errc::InvalidArgument);
  for (const char* key : {"a", "b", "c"}) keys.keep(key, "", answer, start);
  EXPECT_FALSE(keys.find("a", "", start).value()) << "the oldest makes room";
  EXPECT_TRUE(keys.find("c", "", start).value());
}

}  // namespace
}  // namespace sipcast::v1
