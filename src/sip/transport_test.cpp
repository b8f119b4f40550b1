// How requests reach a server: by which transport, by which of several servers, and again after a
// loss.
#include <gtest/gtest.h>

#include "sip/message.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::sip {
namespace {

using namespace std::chrono_literals;

const SocketAddress kServer = SocketAddress::parse("192.0.2.2", 5060).value();

struct Silent : CallObserver, RegistrationObserver {
  void on_provisional(int, std::string_view, std::string_view) override {}
  void on_answered(std::string_view, const SocketAddress&) override { ++answered; }
  Result<std::string> on_reoffer(std::string_view) override { return fail(Errc::Unsupported); }
  void on_late_answer(std::string_view) override {}
  void on_reoffer_answered(std::string_view) override {}
  void on_reoffer_failed(const Ending&) override {}
  int on_info(std::string_view, std::string_view) override { return 200; }
  void on_ended(const Ending& ending) override { ended = ending; }
  void on_registered(Duration) override { ++registered; }
  void on_registration_failed(const Ending& ending) override { ended = ending; }
  int answered = 0, registered = 0;
  std::optional<Ending> ended;
};

/// A user agent whose messages are kept, and answered by the test.
struct Agent : UserAgentIo {
  struct Out {
    Target to;
    std::string text, branch;
  };
  void send(const Target& to, std::string message, const std::string& branch) override {
    out.push_back({to, std::move(message), branch});
  }
  SocketAddress advertised(const Target&) override {
    return SocketAddress::parse("192.0.2.1", 5060).value();
  }
  bool fail_over(const Target&, const std::string& branch) override {
    failed.push_back(branch);
    return others-- > 0;
  }
  bool has_alternative(const Target&) override { return others > 0; }

  void run_for(Duration duration) {
    const Instant end = now + duration;
    while (agent.deadline() && *agent.deadline() <= end) {
      now = std::max(now, *agent.deadline());
      agent.on_timer(now);
    }
    now = end;
  }
  /// Until something is sent.
  Duration until_next() {
    const Instant begin = now;
    for (const size_t before = out.size(); out.size() == before && now < begin + 2h;) {
      run_for(100ms);
    }
    return now - begin;
  }
  /// Answers the request that was sent last.
  void answer(int status, const std::string& more = {}) {
    const auto request = Message::parse(as_bytes(out.back().text), Framing::Datagram);
    std::string text = "SIP/2.0 " + std::to_string(status) + " X\r\n";
    for (const char* name : {"Via", "From", "Call-ID", "CSeq"}) {
      text += name + (": " + request->get(name)) + "\r\n";
    }
    text += "To: " + request->get("To") + ";tag=x\r\n" + more + "Content-Length: 0\r\n\r\n";
    agent.on_message(as_bytes(text), out.back().to.transport, kServer, now);
  }
  std::string method() const { return out.back().text.substr(0, out.back().text.find(' ')); }

  Instant now{};
  std::vector<Out> out;
  std::vector<std::string> failed;
  int others = 0;
  UserAgent agent{{}, *this, Logger::none()};
};

const Account kAccount{.login = "me",
                       .authentication_name = "me",
                       .password = "secret",
                       .domain = "pbx.example",
                       .display_name = {},
                       .outbound_proxy = {},
                       .realm = {}};
const std::string kLarge(1400, 'x');

TEST(LargeRequest, GoesOverTcpAndOverUdpWhenThatIsRefused) {
  Agent us;
  Silent call;
  const auto handle = us.agent.invite(kAccount, "bob", kLarge, call, us.now);
  ASSERT_TRUE(handle);
  ASSERT_EQ(us.out.size(), 1u);
  EXPECT_EQ(us.out[0].to.transport, Transport::Tcp);
  EXPECT_NE(us.out[0].text.find("Via: SIP/2.0/TCP 192.0.2.1:5060"), std::string::npos);
  us.agent.on_send_failed(us.out[0].branch, "cannot connect: Connection refused", us.now);
  ASSERT_EQ(us.out.size(), 2u);
  EXPECT_EQ(us.out[1].to.transport, Transport::Udp);
  EXPECT_NE(us.out[1].text.find("Via: SIP/2.0/UDP 192.0.2.1:5060"), std::string::npos);
  EXPECT_EQ(us.out[1].branch, us.out[0].branch);
  us.run_for(600ms);
  EXPECT_EQ(us.out.size(), 3u);  // Timer A
  us.answer(180);
  us.agent.hangup(*handle, us.now);
  EXPECT_EQ(us.method(), "CANCEL");
  EXPECT_EQ(us.out.back().to.transport, Transport::Udp);
  EXPECT_NE(us.out.back().text.find("Via: SIP/2.0/UDP"), std::string::npos);

  Silent next;  // remembered
  ASSERT_TRUE(us.agent.invite(kAccount, "bob", kLarge, next, us.now));
  EXPECT_EQ(us.out.back().to.transport, Transport::Udp);
  us.run_for(2h);
  ASSERT_TRUE(us.agent.invite(kAccount, "bob", kLarge, next, us.now));  // and forgotten
  EXPECT_EQ(us.out.back().to.transport, Transport::Tcp);
}

TEST(LargeRequest, GoesOverUdpAfterTwoSecondsOfSilence) {
  Agent us;
  Silent call;
  ASSERT_TRUE(us.agent.invite(kAccount, "bob", kLarge, call, us.now));
  us.run_for(1900ms);
  EXPECT_EQ(us.out.size(), 1u);
  us.run_for(200ms);
  ASSERT_EQ(us.out.size(), 2u);
  EXPECT_EQ(us.out[1].to.transport, Transport::Udp);
}

TEST(LargeRequest, StaysOnTcpOnceItIsAnsweredAndItsCancelWithIt) {
  Agent us;
  Silent call;
  const auto handle = us.agent.invite(kAccount, "bob", kLarge, call, us.now);
  us.answer(180);
  us.run_for(10s);
  EXPECT_EQ(us.out.size(), 1u);
  us.agent.hangup(*handle, us.now);
  EXPECT_EQ(us.method(), "CANCEL");
  EXPECT_EQ(us.out.back().to.transport, Transport::Tcp);
  EXPECT_NE(us.out.back().text.find("Via: SIP/2.0/TCP"), std::string::npos);
}

TEST(LargeRequest, IsNoMatterOfTcpAndTls) {
  Agent us;
  Silent call;
  Account account = kAccount;
  account.transport = Transport::Tls;
  ASSERT_TRUE(us.agent.invite(account, "bob", kLarge, call, us.now));
  EXPECT_EQ(us.out.back().to.transport, Transport::Tls);
  EXPECT_NE(us.out.back().text.find("INVITE sip:bob@pbx.example;transport=tls SIP/2.0"),
            std::string::npos);
  EXPECT_NE(us.out.back().text.find("Via: SIP/2.0/TLS"), std::string::npos);
}

TEST(SecureUri, IsCalledOverTlsWithASecureContact) {
  Agent us;
  Silent call;
  ASSERT_TRUE(us.agent.invite(kAccount, "sips:bob@other.example", "v=0", call, us.now));
  EXPECT_EQ(us.out.back().to,
            (Target{.transport = Transport::Tls, .host = "other.example", .port = 0}));
  EXPECT_NE(us.out.back().text.find("Contact: <sips:me@192.0.2.1:5060;transport=tls>"),
            std::string::npos);
}

TEST(FailOver, TriesTheNextServerAfter503AndSilenceUntilThereIsNone) {
  Agent us;
  us.others = 2;
  Silent call;
  ASSERT_TRUE(us.agent.invite(kAccount, "bob", "v=0", call, us.now));
  us.answer(503);
  EXPECT_EQ(us.method(), "INVITE");
  const std::string second = us.out.back().branch;
  EXPECT_NE(second, us.failed[0]);
  us.run_for(5s);  // 8 T1: there is another one
  EXPECT_EQ(us.failed, (std::vector{us.failed[0], second}));
  const std::string third = us.out.back().branch;
  EXPECT_NE(third, second);
  us.run_for(30s);
  EXPECT_FALSE(call.ended);
  us.run_for(2s);
  ASSERT_TRUE(call.ended);
  EXPECT_TRUE(call.ended->timeout);
  EXPECT_EQ(call.ended->cause, "no answer to INVITE from pbx.example:5060/UDP within 32 s");
}

TEST(FailOver, IsForRegisterToo) {
  Agent us;
  us.others = 1;
  Silent account;
  us.agent.register_account(kAccount, account, us.now);
  us.agent.on_send_failed(us.out[0].branch, "refused", us.now);
  ASSERT_EQ(us.out.size(), 2u);
  us.answer(200, "Expires: 60\r\n");
  EXPECT_EQ(account.registered, 1);
}

TEST(Registration, ThatWasLostIsTriedAgainWithGrowingPauses) {
  Agent us;
  Silent account;
  us.agent.register_account(kAccount, account, us.now);
  us.answer(200, "Expires: 100\r\n");
  EXPECT_EQ(us.until_next(), 80s);
  us.answer(503);
  const Duration first = us.until_next();
  EXPECT_TRUE(first >= 15s && first <= 31s) << to_ms(first);
  us.run_for(32s);  // silence: Timer F
  const Duration second = us.until_next();
  EXPECT_TRUE(second >= 30s && second <= 61s) << to_ms(second);
  EXPECT_FALSE(account.ended);
  us.answer(200, "Expires: 100\r\n");
  EXPECT_EQ(account.registered, 2);
  EXPECT_EQ(us.until_next(), 80s);
  us.answer(503, "Retry-After: 500\r\n");
  EXPECT_EQ(us.until_next(), 500s);
  us.answer(403);
  ASSERT_TRUE(account.ended);
  EXPECT_EQ(account.ended->sip_status, 403);
}

TEST(Registration, IsRenewedWhenItsConnectionBreaks) {
  Agent us;
  Silent account;
  us.agent.register_account(kAccount, account, us.now);
  us.agent.on_flow_lost(Transport::Udp, kServer, us.now);  // it is under way
  us.answer(200, "Expires: 100\r\n");
  us.agent.on_flow_lost(Transport::Udp, kServer.with_port(1), us.now);  // another peer's
  us.agent.on_flow_lost(Transport::Tcp, kServer, us.now);  // a large request that TCP did not take
  us.run_for(31s);
  EXPECT_EQ(us.out.size(), 1u);
  us.agent.on_flow_lost(Transport::Udp, kServer, us.now);
  EXPECT_LE(us.until_next(), 1100ms);
  us.answer(200, "Expires: 100\r\n");
  EXPECT_EQ(account.registered, 2);
}

TEST(Registration, WhoseFirstTryFailsIsNotTriedAgain) {
  Agent us;
  Silent account;
  us.agent.register_account(kAccount, account, us.now);
  us.answer(503);
  ASSERT_TRUE(account.ended);
  EXPECT_EQ(account.ended->sip_status, 503);
}

TEST(Registration, GivesItsCallsTheServiceRoute) {
  Agent us;
  Silent account, call;
  Account proxied = kAccount;
  proxied.outbound_proxy = Target{Transport::Udp, "edge.example", 5060};
  const auto handle = us.agent.register_account(proxied, account, us.now);
  us.answer(200, "Service-Route: <sip:home.example;lr>, <sip:inner.example;lr>\r\nExpires: 60\r\n");
  ASSERT_TRUE(us.agent.invite(proxied, "bob", "v=0", call, us.now));
  auto invite = Message::parse(as_bytes(us.out.back().text), Framing::Datagram);
  EXPECT_EQ(invite->values("Route"),
            (std::vector<std::string>{"<sip:edge.example:5060;lr>", "<sip:home.example;lr>",
                                      "<sip:inner.example;lr>"}));
  EXPECT_EQ(us.out.back().to.host, "edge.example");

  Account plain = kAccount;
  us.agent.register_account(plain, account, us.now);
  us.answer(200, "Service-Route: <sip:home.example:5070;lr;transport=tcp>\r\nExpires: 60\r\n");
  ASSERT_TRUE(us.agent.invite(plain, "bob", "v=0", call, us.now));
  EXPECT_EQ(us.out.back().to,
            (Target{.transport = Transport::Tcp, .host = "home.example", .port = 5070}));
  us.agent.unregister(handle, us.now);
}

}  // namespace
}  // namespace sipcast::sip
