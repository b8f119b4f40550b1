#include "sip/agents_for_tests.hpp"

namespace sipcast::sip {
namespace {

TEST_F(Scripted, ReInviteUpdateAndStrangersInADialog) {
  on_request = [this](const Received& r) {
    if (r.message.method == "BYE") reply(r, 200, "");
    if (r.message.method == "INVITE") {
      reply(r, 200, "t", {{"Contact", "<sip:x@192.0.2.3:5070>"}}, "v=0 answer");
    }
  };
  dial();
  net.run_for(1s);
  const Received invite = last("INVITE");
  const auto send = [&](const Message& m) {
    net.send(kProxy, kUs, m.to_string());
    net.run_for(100ms);
    return responses.empty() ? 0 : responses.back().message.status;
  };
  auto reinvite = in_dialog("INVITE", 10, invite, "t");
  reinvite.set_body("application/sdp", "v=0 hold");
  EXPECT_EQ(send(reinvite), 200);
  EXPECT_EQ(responses.back().message.sdp(), "v=0 reanswer");
  auto update = in_dialog("UPDATE", 11, invite, "t");
  update.set_body("application/sdp", "v=0 update");
  EXPECT_EQ(send(update), 200);
  EXPECT_EQ(call.offers, (std::vector<std::string>{"v=0 hold", "v=0 update"}));
  EXPECT_EQ(send(in_dialog("INVITE", 12, invite, "t")), 491);  // the ACK of the first is missing
  send(in_dialog("ACK", 12, invite, "t"));
  net.send(kProxy, kUs, in_dialog("ACK", 10, invite, "t").to_string());
  net.run_for(100ms);
  EXPECT_EQ(send(in_dialog("INVITE", 13, invite, "t")), 200);  // without offer
  auto ack = in_dialog("ACK", 13, invite, "t");
  ack.set_body("application/sdp", "v=0 late");
  send(ack);
  EXPECT_EQ(call.late, std::vector<std::string>{"v=0 late"});
  call.reanswer = fail(Errc::NoCommonCodec, "only H.263");
  EXPECT_EQ(send(in_dialog("INVITE", 14, invite, "t")), 488);
  send(in_dialog("ACK", 14, invite, "t"));
  EXPECT_EQ(send(in_dialog("INFO", 3, invite, "t")), 500);  // older than the last
  EXPECT_EQ(send(in_dialog("OPTIONS", 20, invite, "t")), 200);
  EXPECT_EQ(send(in_dialog("BYE", 21, invite, "stranger")), 481);
  EXPECT_EQ(send(in_dialog("REFER", 22, invite, "t")), 405);
  EXPECT_EQ(send(in_dialog("DANCE", 23, invite, "t")), 501);
  EXPECT_FALSE(call.ending);
  us.agent.hangup(handle, net.now);
  net.run_for(100ms);
  EXPECT_EQ(last("BYE").message.request_uri, "sip:moved@192.0.2.3:5070");
  expect_clean();
}

TEST_F(Scripted, OptionsAndUnwantedInvitesAreAnswered) {
  const auto text = [](const std::string& method, const std::string& branch,
                       const std::string& extra) {
    return method + " sip:anyone@192.0.2.1 SIP/2.0\r\n" +
           "Via: SIP/2.0/UDP 192.0.2.3:5070;rport;branch=z9hG4bK" + branch +
           "\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:z@y>\r\nCall-ID: q\r\nCSeq: 1 " + method +
           "\r\n" + extra + "\r\n";
  };
  const auto ask = [&](const std::string& method, const std::string& extra) {
    const std::string branch = method + std::to_string(extra.size());
    net.send(kProxy, kUs, text(method, branch, extra));
    net.run_for(100ms);
    if (method == "INVITE") net.send(kProxy, kUs, text("ACK", branch, ""));
    net.run_for(100ms);
    return responses.empty() ? Received{} : responses.back();
  };
  const Received options = ask("OPTIONS", "");
  EXPECT_EQ(options.message.status, 200);
  EXPECT_EQ(options.message.get("Accept"), "application/sdp");
  EXPECT_EQ(options.via.params.get("rport"), "5070");
  EXPECT_EQ(options.via.params.get("received"), "192.0.2.3");
  EXPECT_EQ(ask("INVITE", "").message.status, 403);
  EXPECT_EQ(ask("OPTIONS", "Require: foo\r\n").message.status, 420);
  EXPECT_EQ(ask("MESSAGE", "").message.status, 405);
  EXPECT_EQ(ask("BYE", "").message.status, 481);
  EXPECT_EQ(ask("CANCEL", "").message.status, 481);
  expect_clean();
}

TEST_F(Scripted, AMalformedRequestIsToldItsFault) {
  struct Case {
    const char *line, *more;
    int status;
    const char* warning;
  };
  const std::string needed =
      "Via: SIP/2.0/UDP 192.0.2.3:5070;rport;branch=z9hG4bKm\r\nf: <sip:x@y>;tag=1\r\nTo:\r\n "
      "<sip:z@y>\r\nCall-ID: q\r\n";
  for (const Case& c : {
           Case{"OPTIONS sip:a@b SIP/7.0", "CSeq: 1 OPTIONS\r\n", 505, "not SIP/2.0"},
           Case{"OPTIONS sip:a@b SIP/2.0", "CSeq: 1 INVITE\r\n", 400, "CSeq names another method"},
           Case{"OPTIONS <sip:a@b> SIP/2.0", "CSeq: 1 OPTIONS\r\n", 400, "not a request line"},
           Case{"OPTIONS sip:a@b SIP/2.0", "CSeq: 1 OPTIONS\r\nContent-Length: 99\r\n", 400,
                "Content-Length is larger than the body"},
           Case{"OPTIONS sip:a@b SIP/2.0", "CSeq: 1 OPTIONS\r\nno colon\r\n", 400,
                "a header without name"},
           Case{"OPTIONS sip:a@b SIP/2.0", "CSeq: x\r\n", 0, ""},
           Case{"ACK sip:a@b SIP/7.0", "CSeq: 1 ACK\r\n", 0, ""},
           Case{"SIP/2.0 20 OK", "CSeq: 1 OPTIONS\r\n", 0, ""},
       }) {
    SCOPED_TRACE(c.line + std::string(" ") + c.more);
    responses.clear();
    net.send(kProxy, kUs, std::string(c.line) + "\r\n" + needed + c.more + "\r\n");
    net.run_for(100ms);
    ASSERT_EQ(responses.size(), c.status ? 1u : 0u);
    if (c.status == 0) continue;
    EXPECT_EQ(responses.front().message.status, c.status);
    EXPECT_EQ(responses.front().message.get("Warning"),
              "399 sipcast \"" + std::string(c.warning) + '"');
    EXPECT_EQ(responses.front().call_id, "q");
    EXPECT_EQ(responses.front().via.params.get("received"), "192.0.2.3");
  }
  expect_clean();
}

}  // namespace
}  // namespace sipcast::sip
