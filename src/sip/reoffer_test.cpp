#include "sip/agents_for_tests.hpp"

namespace sipcast::sip {
namespace {

TEST_F(Pair, AnOfferOfOursIsAnsweredInTheCall) {
  set_up();
  us.agent.reoffer(handle, "v=0 hold", net.now);
  net.run_for(100ms);
  EXPECT_EQ(phone_call.offers, std::vector<std::string>{"v=0 hold"});
  EXPECT_EQ(call.reanswers, std::vector<std::string>{"v=0 reanswer"});
  phone.agent.reoffer(incoming->handle, "v=0 back", net.now);
  net.run_for(100ms);
  EXPECT_EQ(call.offers, std::vector<std::string>{"v=0 back"});
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(Pair, AnOfferBeforeTheAnswerWaitsForIt) {
  dial();
  us.agent.reoffer(handle, "v=0 first", net.now);
  us.agent.reoffer(handle, "v=0 second", net.now);
  net.run_for(100ms);
  answer();
  net.run_for(100ms);
  EXPECT_EQ(phone_call.offers, std::vector<std::string>{"v=0 second"});
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(Pair, OffersThatCrossAreBothAnsweredInTheEnd) {
  for (const int loss : {0, 20}) {
    call = {};
    phone_call = {};
    incoming.reset();
    net.loss_percent = 0;
    set_up();
    net.loss_percent = loss;
    us.agent.reoffer(handle, "v=0 ours", net.now);
    phone.agent.reoffer(incoming->handle, "v=0 theirs", net.now);
    net.run_for(30s);
    EXPECT_EQ(phone_call.offers, std::vector<std::string>{"v=0 ours"});
    EXPECT_EQ(call.offers, std::vector<std::string>{"v=0 theirs"});
    EXPECT_EQ(call.reanswers.size(), 1u);
    EXPECT_EQ(phone_call.reanswers.size(), 1u);
    EXPECT_GE(net.count("SIP/2.0 491"), 1u);
    EXPECT_FALSE(call.ending || phone_call.ending);
    net.loss_percent = 0;
    us.agent.hangup(handle, net.now);
    net.run_for(40s);
  }
  expect_clean();
}

TEST_F(Pair, ARefusedOfferLeavesTheCallAsItWas) {
  set_up();
  phone_call.reanswer = fail(Errc::NoCommonCodec, "only H.263");
  us.agent.reoffer(handle, "v=0 new", net.now);
  net.run_for(100ms);
  ASSERT_EQ(call.refused.size(), 1u);
  EXPECT_EQ(call.refused.front().cause, "SIP 488 Not Acceptable Here: only H.263");
  EXPECT_FALSE(call.ending);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(Scripted, AnOfferIsSentAgainWithCredentialsAndItsAckCarriesThem) {
  on_request = [this](const Received& r) {
    const bool again = !r.to_tag().empty();
    if (r.message.method == "ACK") return;
    if (!r.message.find("Authorization")) return challenge(r, 401, "lab");
    reply(r, 200, "t", {{"Contact", "<sip:x@192.0.2.3:5070>"}}, again ? "v=0 again" : "v=0 answer");
  };
  dial();
  net.run_for(1s);
  us.agent.reoffer(handle, "v=0 hold", net.now);
  net.run_for(1s);
  EXPECT_EQ(call.reanswers, std::vector<std::string>{"v=0 again"});
  EXPECT_TRUE(last("ACK").message.find("Authorization"));
  EXPECT_EQ(last("ACK").cseq, last("INVITE").cseq);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(Scripted, AnAnswerThatComesAgainIsAcknowledgedAgain) {
  Received reinvite;
  on_request = [&](const Received& r) {
    if (r.message.method == "ACK") return;
    if (!r.to_tag().empty()) reinvite = r;
    reply(r, 200, "t", {}, "v=0 answer");
  };
  dial();
  net.run_for(1s);
  us.agent.reoffer(handle, "v=0 hold", net.now);
  net.run_for(1s);
  reply(reinvite, 200, "t", {}, "v=0 answer");
  net.run_for(1s);
  EXPECT_EQ(requests_of("ACK"), 3u);
  EXPECT_EQ(call.reanswers.size(), 1u);
  us.agent.hangup(handle, net.now);
  net.run_for(1s);
  EXPECT_EQ(requests_of("BYE"), 1u);
  expect_clean();
}

TEST_F(Scripted, WhileOurOfferIsOpenTheirsGets491) {
  on_request = [this](const Received& r) {
    if (r.message.method == "ACK" || !r.to_tag().empty()) return;
    reply(r, 200, "t", {}, "v=0 answer");
  };
  dial();
  net.run_for(1s);
  const Received invite = last("INVITE");
  us.agent.reoffer(handle, "v=0 hold", net.now);
  net.run_for(100ms);
  auto theirs = in_dialog("INVITE", 5, invite, "t");
  theirs.set_body("application/sdp", "v=0 theirs");
  net.send(kProxy, kUs, theirs.to_string());
  net.run_for(100ms);
  EXPECT_EQ(responses.back().message.status, 491);
  on_request = [this](const Received& r) {
    if (r.message.method == "BYE") reply(r, 200, "");
  };
  net.run_for(40s);  // nobody answers our offer: the phone is gone
  ASSERT_TRUE(call.ending);
  EXPECT_TRUE(call.ending->timeout);
  expect_clean();
}

}  // namespace
}  // namespace sipcast::sip
