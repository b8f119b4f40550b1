#include "sip/session_timer.hpp"

#include "sip/agents_for_tests.hpp"

namespace sipcast::sip {
namespace {

const UserAgent::Options kShort{.session_expires = 100s, .min_session_expires = 90s};

struct TimedPair : Pair {
  TimedPair() : Pair(kShort) {}
};
struct TimedScript : Scripted {
  TimedScript() : Scripted(kShort) {}
  /// Answers INVITE with `headers`, and what is not INVITE or ACK with 200.
  void answer_with(std::vector<Message::Header> headers) {
    headers.push_back({"Contact", "<sip:x@192.0.2.3:5070>"});
    on_request = [this, headers](const Received& r) {
      if (r.message.method == "ACK") return;
      reply(r, 200, "t", headers, r.message.method == "INVITE" ? "v=0 answer" : "");
    };
  }
};

TEST(SessionTimer, TheAnswerNamesARefresherThatCanRefresh) {
  struct Case {
    const char *supported, *expires;
    const char* agreed;
    bool we_refresh;
  };
  for (const Case& c : {
           Case{"timer", "1800", "1800;refresher=uac", false},
           Case{"timer, 100rel", "1800;refresher=uac", "1800;refresher=uac", false},
           Case{"timer", "1800;refresher=uas", "1800;refresher=uas", true},
           Case{"timer", "", "300;refresher=uas", true},
           Case{"", "1800", "1800;refresher=uas", true},
           Case{"", "40", "90;refresher=uas", true},
           Case{"", "", "", false},
           Case{"timer", "never", "300;refresher=uas", true},
       }) {
    SCOPED_TRACE(c.supported + std::string("/") + c.expires);
    Message request, response;
    request.add("Supported", c.supported);
    if (*c.expires) request.add("Session-Expires", c.expires);
    const auto interval = agree_session(request, {.expires = 300s, .min = 90s}, response);
    EXPECT_EQ(response.get("Session-Expires"), c.agreed);
    EXPECT_EQ(response.get("Require"), std::string(c.agreed).contains("uac") ? "timer" : "");
    ASSERT_EQ(interval.has_value(), *c.agreed != 0);
    if (interval) EXPECT_EQ(interval->we_refresh, c.we_refresh);
  }
}

TEST_F(TimedPair, ACallIsRefreshedByUpdateForHours) {
  set_up();
  net.run_for(2h);
  EXPECT_FALSE(call.ending || phone_call.ending);
  EXPECT_NEAR(static_cast<double>(net.count("UPDATE")), 144, 3);  // every 50 s
  EXPECT_TRUE(phone_call.offers.empty());
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(TimedPair, WithoutRefreshTheOtherSideGivesUp) {
  set_up();
  net.lose = [](const std::string& m) { return m.starts_with("UPDATE"); };
  net.run_for(99s);
  ASSERT_TRUE(phone_call.ending);
  EXPECT_EQ(phone_call.ending->cause,
            "the session timer ran out: the phone did not refresh the call within 68 s (RFC 4028)");
  EXPECT_TRUE(call.ending);
  expect_clean();
}

TEST_F(TimedScript, APeerWithoutUpdateGetsAReInviteWithWhatWeSaidLast) {
  answer_with({{"Session-Expires", "20;refresher=uac"}, {"Allow", "INVITE, ACK, BYE"}});
  dial();
  net.run_for(25s);
  EXPECT_EQ(requests_of("UPDATE"), 0u);
  ASSERT_EQ(requests_of("INVITE"), 3u);
  EXPECT_EQ(requests_of("ACK"), 3u);
  const Message& refresh = last("INVITE").message;
  EXPECT_EQ(refresh.sdp(), "v=0 offer");
  EXPECT_EQ(refresh.get("Session-Expires"), "100;refresher=uac");
  EXPECT_EQ(refresh.request_uri, "sip:x@192.0.2.3:5070");
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(TimedScript, APeerThatRefusesUpdateAfterAllGetsAReInvite) {
  on_request = [this](const Received& r) {
    if (r.message.method == "ACK") return;
    if (r.message.method == "UPDATE") return reply(r, 501, "t");
    reply(r, 200, "t",
          {{"Contact", "<sip:x@192.0.2.3:5070>"},
           {"Allow", "INVITE, UPDATE"},
           {"Session-Expires", "20"}},
          "v=0 answer");
  };
  dial();
  net.run_for(25s);
  EXPECT_EQ(requests_of("UPDATE"), 2u);  // its Allow in the 200 says UPDATE once more
  EXPECT_EQ(requests_of("INVITE"), 3u);
  EXPECT_FALSE(call.ending);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(TimedScript, APeerThatPromisedToRefreshAndDoesNotIsHungUp) {
  answer_with({{"Session-Expires", "30;refresher=uas"}});
  dial();
  net.run_for(19s);
  EXPECT_FALSE(call.ending);
  const Received invite = last("INVITE");
  auto update = in_dialog("UPDATE", 1, invite, "t");
  update.add("Supported", "timer");
  update.add("Session-Expires", "90;refresher=uac");
  net.send(kProxy, kUs, update.to_string());
  net.run_for(55s);
  EXPECT_FALSE(call.ending);
  EXPECT_EQ(responses.back().message.get("Session-Expires"), "90;refresher=uac");
  net.run_for(10s);
  ASSERT_TRUE(call.ending);
  EXPECT_TRUE(call.ending->timeout);
  EXPECT_EQ(requests_of("BYE"), 1u);
  expect_clean();
}

TEST_F(TimedScript, A422IsAskedAgainWithItsMinimum) {
  on_request = [this](const Received& r) {
    if (r.message.method == "INVITE" && r.message.get("Session-Expires") == "100") {
      return reply(r, 422, "t", {{"Min-SE", "600"}});
    }
    if (r.message.method != "ACK") reply(r, 200, "t", {}, "v=0 answer");
  };
  dial();
  net.run_for(1s);
  EXPECT_EQ(last("INVITE").message.get("Session-Expires"), "600");
  EXPECT_EQ(last("INVITE").message.get("Min-SE"), "600");
  EXPECT_EQ(call.answers.size(), 1u);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(TimedScript, TooShortASessionIsRefusedWithOurMinimum) {
  answer_with({});
  dial();
  net.run_for(1s);
  auto update = in_dialog("UPDATE", 1, last("INVITE"), "t");
  update.add("Supported", "timer");
  update.add("Session-Expires", "30");
  net.send(kProxy, kUs, update.to_string());
  net.run_for(1s);
  EXPECT_EQ(responses.back().message.status, 422);
  EXPECT_EQ(responses.back().message.get("Min-SE"), "90");
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(TimedScript, ARefreshThatFindsNobodyEndsTheCall) {
  on_request = [this](const Received& r) {
    if (r.message.method == "UPDATE") return reply(r, 481, "t");
    if (r.message.method != "ACK") {
      reply(r, 200, "t", {{"Allow", "UPDATE"}, {"Session-Expires", "20;refresher=uac"}},
            "v=0 answer");
    }
  };
  dial();
  net.run_for(12s);
  ASSERT_TRUE(call.ending);
  EXPECT_EQ(
      call.ending->cause,
      "the phone no longer knows this call: SIP 481 Call/Transaction Does Not Exist to UPDATE");
  expect_clean();
}

}  // namespace
}  // namespace sipcast::sip
