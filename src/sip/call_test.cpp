#include "sip/agents_for_tests.hpp"

namespace sipcast::sip {
namespace {

TEST_F(Scripted, CredentialsGoThroughTheProxyAsALooseRoute) {
  on_request = [this](const Received& r) {
    if (r.message.method == "BYE") return reply(r, 200, "");
    if (r.message.method != "INVITE") return;
    if (!r.message.find("Proxy-Authorization")) return challenge(r, 407, "lab");
    reply(r, 180, "t");
    reply(r, 200, "t",
          {{"Record-Route", "<sip:far.example;lr>, <sip:192.0.2.3:5070;lr>"},
           {"Contact", "<sip:phone@10.0.0.1>"}},
          "v=0 answer");
  };
  dial();
  net.run_for(1s);
  EXPECT_EQ(call.answers.size(), 1u);
  ASSERT_EQ(requests_of("INVITE"), 2u);
  ASSERT_EQ(requests_of("ACK"), 2u);
  const Received& invite = last("INVITE");
  EXPECT_EQ(invite.message.request_uri, "sip:room%231@lab.example");
  EXPECT_EQ(invite.message.get("Route"), "<sip:192.0.2.3:5070;lr>");
  EXPECT_EQ(invite.cseq, 2u);
  EXPECT_EQ(invite.from.display_name, "Me \"x\"");
  EXPECT_EQ(invite.message.get("Max-Forwards"), "70");
  EXPECT_EQ(last("ACK").message.values("Route"),
            (std::vector<std::string>{"<sip:192.0.2.3:5070;lr>", "<sip:far.example;lr>"}));
  us.agent.hangup(handle, net.now);
  net.run_for(1s);
  EXPECT_TRUE(call.ending);
  EXPECT_EQ(last("BYE").message.request_uri, "sip:phone@10.0.0.1");
  expect_clean();
}

TEST_F(Pair, WeCallAndHangUp) {
  set_up();
  EXPECT_EQ(incoming->request_user, "room#1");
  EXPECT_EQ(incoming->from_user, "me");
  EXPECT_EQ(incoming->sdp, "v=0 offer");
  EXPECT_EQ(call.provisional, std::vector<int>{180});
  EXPECT_EQ(net.count("ACK"), 1u);
  us.agent.send_info(handle, "application/media_control+xml", "<x/>", net.now);
  net.run_for(100ms);
  EXPECT_EQ(phone_call.infos, std::vector<std::string>{"<x/>"});
  us.agent.hangup(handle, net.now);
  net.run_for(100ms);
  ASSERT_TRUE(call.ending && phone_call.ending);
  EXPECT_FALSE(call.ending->by_peer);
  EXPECT_TRUE(phone_call.ending->by_peer);
  expect_clean();
}

TEST_F(Pair, ThePhoneHangsUp) {
  set_up();
  phone.agent.send_info(incoming->handle, "text/plain", "hello", net.now);
  net.run_for(100ms);
  EXPECT_EQ(call.infos, std::vector<std::string>{"hello"});
  phone.agent.hangup(incoming->handle, net.now);
  net.run_for(100ms);
  ASSERT_TRUE(call.ending);
  EXPECT_TRUE(call.ending->by_peer);
  EXPECT_EQ(call.ending->cause, "the phone hung up (BYE)");
  expect_clean();
}

TEST_F(Pair, CancelAtAnyMomentEndsBothSides) {
  for (const auto before : {0ms, 10ms, 30ms, 50ms, 300ms}) {
    for (const bool answered : {false, true}) {
      SCOPED_TRACE(before.count());
      call = {};
      phone_call = {};
      incoming.reset();
      phone.agent.set_incoming_handler([&](const IncomingCall& in) {
        incoming = in;
        if (answered) phone.agent.accept(in.handle, "v=0 answer", phone_call, net.now);
      });
      dial();
      net.run_for(before);
      us.agent.hangup(handle, net.now);
      net.run_for(1s);
      EXPECT_TRUE(call.ending);
      EXPECT_EQ(phone_call.ending.has_value(), answered);
      EXPECT_EQ(us.agent.calls() + phone.agent.calls(), 0u);
    }
  }
  expect_clean();
}

TEST_F(Pair, ForgetLeavesNothingBehind) {
  set_up();
  us.agent.forget(handle, net.now);
  net.run_for(1s);
  EXPECT_FALSE(call.ending);
  EXPECT_TRUE(phone_call.ending);
  expect_clean();
}

TEST_F(Pair, TheCalleeHearsThatTheCallerGaveUp) {
  std::optional<Ending> cancelled;
  phone.agent.set_incoming_handler([&](const IncomingCall& in) { incoming = in; },
                                   [&](CallHandle gone, const Ending& ending) {
                                     EXPECT_EQ(gone, incoming->handle);
                                     cancelled = ending;
                                   });
  dial();
  net.run_for(100ms);
  us.agent.hangup(handle, net.now);
  net.run_for(100ms);
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->sip_status, 487);
  EXPECT_EQ(cancelled->cause, "the caller gave up (CANCEL)");
  answer();  // too late: nothing happens
  net.run_for(100ms);
  EXPECT_FALSE(phone_call.ending);
  EXPECT_TRUE(call.answers.empty());
  expect_clean();
}

TEST_F(Pair, LossDelaysButDoesNotBreakCalls) {
  net.loss_percent = 25;
  int completed = 0;
  for (int i = 0; i < 30; ++i) {
    call = {};
    phone_call = {};
    incoming.reset();
    dial();
    net.run_for(10s);
    if (incoming) answer();
    net.run_for(40s);
    if (!call.answers.empty()) ++completed;
    i % 2 ? us.agent.hangup(handle, net.now)
          : phone.agent.hangup(incoming ? incoming->handle : 0, net.now);
    net.run_for(40s);
    us.agent.forget(handle, net.now);
  }
  EXPECT_GE(completed, 28);
  net.loss_percent = 0;
  expect_clean();
}

TEST_F(Pair, ALostAckIsRepeatedWithTheRepeated200) {
  bool lost = false;
  net.lose = [&](const std::string& m) {
    return m.starts_with("ACK") && !std::exchange(lost, true);
  };
  set_up();
  net.run_for(2s);
  EXPECT_EQ(net.count("ACK"), 2u);
  EXPECT_EQ(call.answers.size(), 1u);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(Pair, WithoutAckTheCalleeHangsUp) {
  net.lose = [&](const std::string& m) { return m.starts_with("ACK"); };
  set_up();
  net.run_for(40s);
  ASSERT_TRUE(phone_call.ending);
  EXPECT_TRUE(phone_call.ending->timeout);
  EXPECT_TRUE(call.ending);
  expect_clean();
}

TEST_F(Pair, TcpIsNotRepeated) {
  net.transport = Transport::Tcp;
  account.transport = Transport::Tcp;
  dial();
  net.run_for(10s);
  EXPECT_EQ(net.count("INVITE"), 1u);
  EXPECT_NE(net.sent.front().find("Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK"),
            std::string::npos);
  answer();
  net.run_for(100ms);
  phone.agent.hangup(incoming->handle, net.now);
  expect_clean();
}

TEST_F(Scripted, TheFirstForkWinsAndOthersAreHungUp) {
  on_request = [this](const Received& r) {
    if (r.message.method == "BYE") return reply(r, 200, "");
    if (r.message.method != "INVITE") return;
    reply(r, 183, "a", {}, "v=0 early a");
    reply(r, 180, "b");
    for (const char* tag : {"a", "b", "a"}) {
      reply(r, 200, tag, {{"Contact", "<sip:x@192.0.2.3:5070>"}}, std::string("v=0 ") + tag);
    }
  };
  dial();
  net.run_for(1s);
  EXPECT_EQ(call.answers, std::vector<std::string>{"v=0 a"});
  EXPECT_EQ(requests_of("ACK"), 3u);
  EXPECT_EQ(requests_of("BYE"), 1u);
  EXPECT_EQ(last("BYE").to_tag(), "b");
  us.agent.hangup(handle, net.now);
  net.run_for(1s);
  EXPECT_EQ(last("BYE").to_tag(), "a");
  EXPECT_TRUE(call.ending);
  expect_clean();
}

}  // namespace
}  // namespace sipcast::sip
