#include "sip/agents_for_tests.hpp"

namespace sipcast::sip {
namespace {

TEST_F(Pair, ARefusalSaysWhy) {
  phone.agent.set_incoming_handler(
      [this](const IncomingCall& in) { phone.agent.reject(in.handle, 486, net.now); });
  dial();
  net.run_for(100ms);
  ASSERT_TRUE(call.ending);
  EXPECT_EQ(call.ending->sip_status, 486);
  EXPECT_EQ(call.ending->cause, "SIP 486 Busy Here");
  expect_clean();
}

TEST_F(Pair, SilenceEndsACallAfter32Seconds) {
  account.domain = "192.0.2.99";
  dial();
  us.agent.hangup(handle, net.now);  // CANCEL has to wait for an answer that never comes
  net.run_for(31s);
  EXPECT_FALSE(call.ending);
  net.run_for(2s);
  ASSERT_TRUE(call.ending);
  EXPECT_TRUE(call.ending->timeout);
  EXPECT_EQ(call.ending->cause, "no answer to INVITE from 192.0.2.99:5060/UDP within 32 s");
  expect_clean();
}

TEST_F(Pair, ABranchThatCannotBeSentFailsTheCall) {
  dial();
  const auto invite = Message::parse(as_bytes(net.sent.front()), Framing::Datagram).value();
  const auto branch = Via::parse(invite.values("Via").front())->params.get("branch");
  us.agent.on_send_failed(branch, "the name x.invalid could not be resolved", net.now);
  ASSERT_TRUE(call.ending);
  EXPECT_TRUE(call.ending->unreachable);
  EXPECT_EQ(call.ending->cause, "the name x.invalid could not be resolved");
  net.run_for(1s);
  if (incoming) phone.agent.reject(incoming->handle, 480, net.now);
  expect_clean();
}

TEST_F(Scripted, AWrongPasswordIsCalledByItsName) {
  on_request = [this](const Received& r) {
    if (r.message.method == "INVITE") challenge(r, 401, "lab");
  };
  dial();
  net.run_for(1s);
  ASSERT_TRUE(call.ending);
  EXPECT_EQ(call.ending->sip_status, 401);
  EXPECT_EQ(call.ending->cause,
            "wrong password: SIP 401 again after credentials for realm \"lab\"");
  expect_clean();
}

TEST_F(Scripted, AnotherRealmGetsNoCredentials) {
  on_request = [this](const Received& r) {
    if (r.message.method == "INVITE")
      challenge(r, requests.size() == 1 ? 407 : 401, requests.size() == 1 ? "lab" : "evil");
  };
  dial();
  net.run_for(1s);
  ASSERT_TRUE(call.ending);
  EXPECT_EQ(call.ending->cause,
            "SIP 401: no credentials for realm \"evil\": this account's realm is \"lab\"");
  EXPECT_EQ(requests_of("INVITE"), 2u);
  expect_clean();
}

TEST_F(Scripted, ARedirectFailsTheCall) {
  on_request = [this](const Received& r) {
    if (r.message.method == "INVITE") reply(r, 302, "t", {{"Contact", "<sip:a@b>"}});
  };
  dial();
  net.run_for(1s);
  ASSERT_TRUE(call.ending);
  EXPECT_EQ(call.ending->sip_status, 302);
  EXPECT_EQ(call.ending->cause,
            "SIP 302 Redirected: redirected to <sip:a@b>, which is not followed");
  expect_clean();
}

struct Redirected : Scripted {
  Redirected() : Scripted(UserAgent::Options{.max_redirects = 3}) {}
};

TEST_F(Redirected, ARedirectIsFollowedInTheOrderOfQ) {
  on_request = [this](const Received& r) {
    if (r.message.method != "INVITE") return;
    if (r.message.request_uri == "sip:c@192.0.2.3") {
      return reply(r, 200, "t", {{"Contact", "<sip:x@192.0.2.3:5070>"}}, "v=0 answer");
    }
    if (r.message.request_uri == "sip:b@192.0.2.3") return reply(r, 404, "t");
    reply(r, 302, "t",
          {{"Contact", "<sip:c@192.0.2.3?Subject=x>;q=0.2, <sip:b@192.0.2.3>;q=0.9, <tel:1>"}});
  };
  dial();
  net.run_for(1s);
  EXPECT_EQ(call.answers.size(), 1u);
  EXPECT_EQ(requests_of("INVITE"), 3u);
  EXPECT_EQ(last("INVITE").to.uri, "sip:room%231@lab.example");
  EXPECT_EQ(last("INVITE").call_id, requests.front().call_id);
  us.agent.hangup(handle, net.now);
  net.run_for(1s);
  on_request = [this](const Received& r) { reply(r, 200, ""); };
  expect_clean();
}

struct RedirectedWithRules : Scripted {
  RedirectedWithRules()
      : Scripted(UserAgent::Options{.max_redirects = 3, .may_redirect = [](std::string_view uri) {
                                      return !uri.contains("0900");
                                    }}) {}
};

TEST_F(RedirectedWithRules, ARedirectThatIsForbiddenIsNotFollowed) {
  on_request = [this](const Received& r) {
    if (r.message.method != "INVITE") return;
    if (r.message.request_uri == "sip:b@192.0.2.3") return reply(r, 404, "t");
    reply(r, 302, "t", {{"Contact", "<sip:0900@192.0.2.3>;q=0.9, <sip:b@192.0.2.3>;q=0.2"}});
  };
  dial();
  net.run_for(1s);
  EXPECT_EQ(requests_of("INVITE"), 2u);
}

TEST_F(Redirected, ALoopOfRedirectsEnds) {
  on_request = [this](const Received& r) {
    if (r.message.method != "INVITE") return;
    reply(r, 302, "t", {{"Contact", "<sip:x" + std::to_string(requests.size()) + "@b>"}});
  };
  dial();
  net.run_for(1s);
  ASSERT_TRUE(call.ending);
  EXPECT_EQ(requests_of("INVITE"), 4u);
  expect_clean();
}

TEST_F(Scripted, A408NamesTheHopThatSaysIt) {
  on_request = [this](const Received& r) {
    if (r.message.method == "INVITE") reply(r, 408, "t");
  };
  dial();
  net.run_for(1s);
  ASSERT_TRUE(call.ending);
  EXPECT_EQ(call.ending->cause,
            "SIP 408 Request Timeout, said by 192.0.2.3:5070: it heard nothing from the phone");
  expect_clean();
}

TEST_F(Pair, ABadCalleeIsRefusedAtOnce) {
  for (const char* bad : {"", " ", "a b", "sip:", "tel:1<", "a@", "@b", "sip:a@b c"}) {
    const auto result = us.agent.invite(account, bad, "", call, net.now);
    EXPECT_FALSE(result.has_value()) << bad;
  }
}

}  // namespace
}  // namespace sipcast::sip
