#include "sip/agents_for_tests.hpp"

namespace sipcast::sip {
namespace {

TEST_F(Pair, EarlyMediaIsAnsweredReliablyThroughLoss) {
  for (const int loss : {0, 25}) {
    SCOPED_TRACE(loss);
    call = {};
    phone_call = {};
    incoming.reset();
    phone.agent.set_incoming_handler([this](const IncomingCall& in) {
      incoming = in;
      phone.agent.ring(in.handle, 183, "v=0 answer", net.now);
      phone.agent.ring(in.handle, 180, "", net.now);
      answer();  // waits for the PRACK
    });
    net.loss_percent = loss;
    dial();
    net.run_for(20s);
    EXPECT_EQ(call.answers, std::vector<std::string>{"v=0 answer"});
    EXPECT_EQ(call.provisional.front(), 183);
    EXPECT_GE(net.count("PRACK"), 1u);
    net.loss_percent = 0;
    us.agent.hangup(handle, net.now);
    net.run_for(40s);
    EXPECT_TRUE(call.ending && phone_call.ending);
  }
  expect_clean();
}

TEST_F(Pair, ACallThatIsCancelledBeforeThePrackEnds) {
  phone.agent.set_incoming_handler([this](const IncomingCall& in) {
    incoming = in;
    phone.agent.ring(in.handle, 183, "v=0 answer", net.now);
    answer();
  });
  net.lose = [](const std::string& m) { return m.starts_with("PRACK"); };
  dial();
  net.run_for(1s);
  us.agent.hangup(handle, net.now);
  net.run_for(1s);
  ASSERT_TRUE(call.ending && phone_call.ending);
  EXPECT_EQ(phone_call.ending->sip_status, 487);
  expect_clean();
}

TEST_F(Pair, WithoutPrackTheCalleeGivesUp) {
  std::optional<Ending> lost;
  phone.agent.set_incoming_handler(
      [this](const IncomingCall& in) { phone.agent.ring(in.handle, 183, "v=0 answer", net.now); },
      [&](CallHandle, const Ending& ending) { lost = ending; });
  net.lose = [](const std::string& m) { return m.starts_with("PRACK"); };
  dial();
  net.run_for(40s);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->cause, "no PRACK for our reliable response");
  ASSERT_TRUE(call.ending);
  EXPECT_EQ(call.ending->sip_status, 504);
  expect_clean();
}

struct ReliableScript : Scripted {
  Received invite;
  void provisional(int status, const std::string& rseq, const std::string& sdp,
                   const std::string& tag = "t") {
    reply(invite, status, tag,
          {{"Require", "100rel"}, {"RSeq", rseq}, {"Contact", "<sip:x@192.0.2.3:5070>"}}, sdp);
    net.run_for(100ms);
  }
  void begin() {
    on_request = [this](const Received& r) {
      if (r.message.method == "INVITE") invite = r;
      if (r.message.method == "PRACK" || r.message.method == "BYE") reply(r, 200, "");
    };
    dial();
    net.run_for(100ms);
  }
};

TEST_F(ReliableScript, ResponsesAreTakenInTheirOrderAndOnce) {
  begin();
  EXPECT_EQ(invite.message.values("Supported"), (std::vector<std::string>{"100rel", "timer"}));
  provisional(183, "7", "v=0 early");
  provisional(183, "7", "v=0 early");  // again
  provisional(180, "9", "");           // 8 is missing
  EXPECT_EQ(call.provisional, std::vector<int>{183});
  provisional(180, "8", "");
  provisional(180, "1", "", "other fork");
  EXPECT_EQ(call.provisional, (std::vector<int>{183, 180, 180}));
  ASSERT_EQ(requests_of("PRACK"), 3u);
  EXPECT_EQ(last("PRACK").message.get("RAck"), "1 1 INVITE");
  EXPECT_EQ(last("PRACK").message.request_uri, "sip:x@192.0.2.3:5070");
  reply(invite, 200, "t");  // the answer came before
  net.run_for(100ms);
  EXPECT_EQ(call.answers, std::vector<std::string>{"v=0 early"});
  us.agent.hangup(handle, net.now);
  net.run_for(100ms);
  EXPECT_GT(last("BYE").cseq, 3u);  // INVITE 1, PRACKs 2 and 3
  expect_clean();
}

TEST_F(ReliableScript, UpdateInAnEarlyDialogNeedsAnAnswerFirst) {
  begin();
  provisional(180, "1", "");
  auto update = in_dialog("UPDATE", 5, invite, "t");
  update.set_body("application/sdp", "v=0 new");
  net.send(kProxy, kUs, update.to_string());
  net.run_for(100ms);
  EXPECT_EQ(responses.back().message.status, 491);
  provisional(183, "2", "v=0 early");
  update = in_dialog("UPDATE", 6, invite, "t");
  update.set_body("application/sdp", "v=0 newer");
  net.send(kProxy, kUs, update.to_string());
  net.run_for(100ms);
  EXPECT_EQ(responses.back().message.status, 200);
  EXPECT_EQ(call.offers, std::vector<std::string>{"v=0 newer"});
  reply(invite, 200, "t");
  net.run_for(100ms);
  EXPECT_EQ(call.answers, std::vector<std::string>{""});  // what UPDATE agreed counts
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(ReliableScript, APrackForNothingGets481) {
  begin();
  reply(invite, 200, "t", {{"Contact", "<sip:x@192.0.2.3:5070>"}}, "v=0 answer");
  net.run_for(100ms);
  auto prack = in_dialog("PRACK", 5, invite, "t");
  prack.add("RAck", "1 1 INVITE");
  net.send(kProxy, kUs, prack.to_string());
  net.run_for(100ms);
  EXPECT_EQ(responses.back().message.status, 481);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

}  // namespace
}  // namespace sipcast::sip
