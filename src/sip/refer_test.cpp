#include "sip/refer.hpp"

#include "sip/agents_for_tests.hpp"

namespace sipcast::sip {
namespace {

struct ReferTest : Pair {
  ReferTest() : Pair({.take_refer = true}) {}
};

TEST(ReadRefer, ReplacesIsTakenOutOfTheUriAndNothingElse) {
  Message refer;
  refer.add("Refer-To",
            "\"Carol\" <sip:carol:pw@lab;transport=tcp?Replaces=1%402%3Bto-tag%3Da%3Bfrom-tag%3Db&"
            "Subject=x>");
  refer.add("Referred-By", "<sip:bob@lab>");
  const auto read = read_refer(refer);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->target, "sip:carol@lab;transport=tcp");
  EXPECT_EQ(read->referral.replaces, "1@2;to-tag=a;from-tag=b");
  EXPECT_EQ(read->referral.referred_by, "<sip:bob@lab>");
  refer.add("Refer-To", "<sip:dave@lab>");
  EXPECT_FALSE(read_refer(refer)) << "two";
  for (const char* wrong : {"<http://lab>", "<sip:a@b;method=BYE>", "<>", "rubbish rubbish"}) {
    refer.set("Refer-To", wrong);
    EXPECT_FALSE(read_refer(refer)) << wrong;
  }
}

TEST_F(ReferTest, ThePeerRefersUsAndHearsWhatBecomesOfIt) {
  set_up();
  phone.agent.refer(incoming->handle, "sip:carol@192.0.2.3:5070", net.now);
  net.run_for(100ms);
  ASSERT_EQ(call.refers.size(), 1u);
  EXPECT_EQ(call.refers[0].target, "sip:carol@192.0.2.3:5070");
  EXPECT_EQ(call.refers[0].referral.referred_by, "<sip:room%231@192.0.2.2>");
  ASSERT_EQ(phone_call.progress.size(), 1u) << "100 at once";
  us.agent.tell_refer_progress(handle, 180, net.now);
  us.agent.tell_refer_progress(handle, 486, net.now);
  us.agent.tell_refer_progress(handle, 200, net.now);  // too late: it is over
  net.run_for(100ms);
  ASSERT_EQ(phone_call.progress.size(), 3u);
  EXPECT_EQ(phone_call.progress[1].status, 180);
  EXPECT_FALSE(phone_call.progress[1].over);
  EXPECT_EQ(phone_call.progress[2].status, 486);
  EXPECT_TRUE(phone_call.progress[2].over);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(ReferTest, ARefusedReferIsOverAtOnce) {
  set_up();
  call.refer_status = 403;
  phone.agent.refer(incoming->handle, "sip:carol@192.0.2.3", net.now);
  net.run_for(100ms);
  ASSERT_EQ(phone_call.progress.size(), 1u);
  EXPECT_EQ(phone_call.progress[0].status, 403);
  EXPECT_TRUE(phone_call.progress[0].over);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(ReferTest, AReferWhoseEndIsNeverToldEndsByItself) {
  set_up();
  phone.agent.refer(incoming->handle, "sip:carol@192.0.2.3", net.now);
  net.run_for(200s);
  ASSERT_EQ(phone_call.progress.size(), 2u);
  EXPECT_EQ(phone_call.progress[1].status, 408);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(ReferTest, AnObserverMayBeChangedAndAReferredInviteSaysSo) {
  account.outbound_proxy.reset();
  handle = us.agent
               .invite(account, "room", "v=0 offer", call, net.now,
                       {.referred_by = "<sip:bob@lab>", .replaces = "1;to-tag=a;from-tag=b"})
               .value();
  net.run_for(100ms);
  const std::string& invite = net.sent.front();
  EXPECT_TRUE(invite.contains("\r\nReferred-By: <sip:bob@lab>\r\n"));
  EXPECT_TRUE(invite.contains("\r\nReplaces: 1;to-tag=a;from-tag=b\r\n"));
  us.agent.hangup(handle, net.now);
  net.run_for(1s);
  Observer next;
  set_up();
  us.agent.observe(handle, next, net.now);
  phone.agent.hangup(incoming->handle, net.now);
  net.run_for(1s);
  EXPECT_TRUE(next.ending);
  expect_clean();
}

TEST(ReadReplaces, NeedsACallIdAndBothTags) {
  Message invite;
  EXPECT_FALSE(read_replaces(invite).value());
  invite.add("Replaces", "1@2 ;from-tag=b; TO-TAG = a;early-only");
  const auto read = read_replaces(invite);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->call_id, "1@2");
  EXPECT_EQ((*read)->to_tag, "a");
  EXPECT_EQ((*read)->from_tag, "b");
  EXPECT_TRUE((*read)->early_only);
  for (const char* wrong :
       {"1@2", "1@2;to-tag=a", "1@2;to-tag=;from-tag=b", ";to-tag=a;from-tag=b"}) {
    invite.set("Replaces", wrong);
    EXPECT_FALSE(read_replaces(invite)) << wrong;
  }
  invite.add("Replaces", "1;to-tag=a;from-tag=b");
  EXPECT_FALSE(read_replaces(invite)) << "two";
}

TEST_F(ReferTest, AnInviteWithReplacesNamesTheCallWhosePlaceItTakes) {
  set_up();
  std::vector<IncomingCall> came;
  us.agent.set_incoming_handler([&](const IncomingCall& in) { came.push_back(in); });
  const auto answered = std::ranges::find_if(net.sent, [](const std::string& message) {
    return message.starts_with("SIP/2.0 200") && message.contains(" INVITE\r\n");
  });
  ASSERT_NE(answered, net.sent.end());
  const auto response =
      Received::from_message(Message::parse(as_bytes(*answered), Framing::Datagram).value());
  ASSERT_TRUE(response);
  const std::string good =
      response->call_id + ";to-tag=" + response->from_tag() + ";from-tag=" + response->to_tag();
  Account from = account;
  from.domain = kUs.ip();
  const auto status_of = [&](const std::string& replaces) {
    Observer caller;
    const auto call_handle = phone.agent.invite(from, "me", "v=0 new", caller, net.now,
                                                {.referred_by = {}, .replaces = replaces});
    net.run_for(200ms);
    if (!caller.ending) phone.agent.forget(call_handle.value(), net.now);
    net.run_for(200ms);
    return caller.ending ? caller.ending->sip_status : 0;
  };
  EXPECT_EQ(status_of("x" + good), 481) << "no such call";
  EXPECT_EQ(status_of(response->call_id + ";to-tag=" + response->from_tag() + ";from-tag=x"), 481);
  EXPECT_EQ(status_of("rubbish"), 400);
  EXPECT_EQ(status_of(good + ";early-only"), 486);
  EXPECT_TRUE(came.empty());
  EXPECT_EQ(status_of(good), 0);
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].replaces, handle);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

TEST_F(Pair, WithoutTheOptionReplacesIsNotSupported) {
  us.agent.set_incoming_handler([](const IncomingCall&) { FAIL(); });
  account.domain = kUs.ip();
  phone.agent
      .invite(account, "me", "v=0", phone_call, net.now,
              {.referred_by = {}, .replaces = "1;to-tag=a;from-tag=b"})
      .value();
  net.run_for(200ms);
  ASSERT_TRUE(phone_call.ending);
  EXPECT_EQ(phone_call.ending->sip_status, 420);
  expect_clean();
}

TEST_F(Scripted, ANotifyThatNobodyAskedForIsRefused) {
  on_request = [this](const Received& r) {
    if (r.message.method == "INVITE") reply(r, 200, "t", {}, "v=0 answer");
    if (r.message.method == "BYE") reply(r, 200, "");
  };
  dial();
  net.run_for(1s);
  Message notify = in_dialog("NOTIFY", 3, last("INVITE"), "t");
  notify.add("Event", "refer");
  net.send(kProxy, kUs, notify.to_string());
  net.run_for(1s);
  ASSERT_FALSE(responses.empty());
  EXPECT_EQ(responses.back().message.status, 481);
  us.agent.hangup(handle, net.now);
  expect_clean();
}

}  // namespace
}  // namespace sipcast::sip
