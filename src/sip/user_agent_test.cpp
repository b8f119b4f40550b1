#include "sip/user_agent.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <random>

#include "base/text.hpp"
#include "sip/digest.hpp"
#include "sip/message.hpp"

namespace sipcast::sip {
namespace {
using namespace std::chrono_literals;

const SocketAddress kUs = SocketAddress::parse("192.0.2.1", 5060).value();
const SocketAddress kPhone = SocketAddress::parse("192.0.2.2", 5060).value();
const SocketAddress kProxy = SocketAddress::parse("192.0.2.3", 5070).value();

/// Messages that need 20 ms and may be lost; time is moved by run_for().
class Network {
 public:
  using Receiver = std::function<void(const std::string&, const SocketAddress& from)>;
  struct Node {
    SocketAddress address;
    Receiver receive;
    UserAgent* agent = nullptr;
  };
  Instant now{};
  int loss_percent = 0;
  Transport transport = Transport::Udp;
  std::vector<Node> nodes;
  std::vector<std::string> sent;  ///< every message ever sent
  std::function<bool(const std::string&)> lose = [](const std::string&) { return false; };

  void send(const SocketAddress& from, const SocketAddress& to, const std::string& message) {
    sent.push_back(message);
    if (static_cast<int>(random_() % 100) < loss_percent || lose(message)) return;
    queue_.push_back({now + 20ms, from, to, message});
  }
  void run_for(Duration duration) {
    const Instant end = now + duration;
    for (;;) {
      Instant next = end + 1ns;
      if (!queue_.empty()) next = std::min(next, queue_.front().at);
      for (const Node& node : nodes) {
        if (node.agent && node.agent->deadline()) next = std::min(next, *node.agent->deadline());
      }
      if (next > end) break;
      now = std::max(now, next);
      while (!queue_.empty() && queue_.front().at <= now) {
        const Flight flight = queue_.front();
        queue_.pop_front();
        for (const Node& node : nodes) {
          if (!(node.address == flight.to)) continue;
          if (node.agent) {
            node.agent->on_message(as_bytes(flight.message), transport, flight.from, now);
          } else {
            node.receive(flight.message, flight.from);
          }
        }
      }
      for (const Node& node : nodes) {
        if (node.agent) node.agent->on_timer(now);
      }
    }
    now = end;
  }
  size_t count(std::string_view start) const {
    return static_cast<size_t>(std::ranges::count_if(
        sent, [&](const std::string& message) { return message.starts_with(start); }));
  }

 private:
  struct Flight {
    Instant at;
    SocketAddress from, to;
    std::string message;
  };
  std::deque<Flight> queue_;
  std::mt19937 random_{7};
};

struct Observer : CallObserver {
  std::vector<int> provisional;
  std::vector<std::string> answers, offers, late, infos;
  std::optional<Ending> ending;
  Result<std::string> reanswer = std::string("v=0 reanswer");
  void on_provisional(int status, std::string_view, std::string_view) override {
    provisional.push_back(status);
  }
  void on_answered(std::string_view sdp, const SocketAddress&) override {
    answers.emplace_back(sdp);
  }
  Result<std::string> on_reoffer(std::string_view sdp) override {
    offers.emplace_back(sdp);
    return reanswer;
  }
  void on_late_answer(std::string_view sdp) override { late.emplace_back(sdp); }
  int on_info(std::string_view, std::string_view body) override {
    infos.emplace_back(body);
    return 200;
  }
  void on_ended(const Ending& e) override {
    EXPECT_FALSE(ending.has_value());
    ending = e;
  }
};

struct RegistrationLog : RegistrationObserver {
  std::vector<Duration> granted;
  std::optional<Ending> failed;
  void on_registered(Duration expires) override { granted.push_back(expires); }
  void on_registration_failed(const Ending& e) override { failed = e; }
};

struct Agent : UserAgentIo {
  Network& net;
  SocketAddress address;
  UserAgent agent;
  Agent(Network& network, const SocketAddress& at)
      : net(network), address(at), agent({}, *this, Logger::none()) {
    net.nodes.push_back({at, {}, &agent});
  }
  void send(const Target& to, std::string message, const std::string&) override {
    const auto where =
        SocketAddress::parse(to.host, to.port ? to.port : default_port(to.transport));
    if (where) net.send(address, *where, message);
  }
  SocketAddress advertised(const Target&) override { return address; }
};

struct Pair : ::testing::Test {
  Network net;
  Agent us{net, kUs}, phone{net, kPhone};
  Observer call, phone_call;
  std::optional<IncomingCall> incoming;
  Account account{.login = "me",
                  .authentication_name = "me",
                  .password = "secret",
                  .domain = "192.0.2.2",
                  .display_name = "Me \"x\"",
                  .outbound_proxy = {},
                  .realm = {}};
  CallHandle handle = 0;
  Pair() {
    phone.agent.set_incoming_handler([this](const IncomingCall& in) {
      incoming = in;
      phone.agent.ring(in.handle, 180, "", net.now);
    });
  }
  void dial() { handle = us.agent.invite(account, "room#1", "v=0 offer", call, net.now).value(); }
  void answer() { phone.agent.accept(incoming->handle, "v=0 answer", phone_call, net.now); }
  void set_up() {
    dial();
    net.run_for(100ms);
    ASSERT_TRUE(incoming);
    answer();
    net.run_for(100ms);
    ASSERT_EQ(call.answers, std::vector<std::string>{"v=0 answer"});
  }
  void expect_clean() {
    net.run_for(200s);
    EXPECT_EQ(us.agent.calls(), 0u);
    EXPECT_EQ(phone.agent.calls(), 0u);
    EXPECT_EQ(us.agent.transactions(), 0u);
    EXPECT_EQ(phone.agent.transactions(), 0u);
    EXPECT_FALSE(us.agent.deadline().has_value());
  }
};

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

TEST_F(Pair, AnAnswerAfterTheCallerGaveUpIsTold) {
  dial();
  net.run_for(100ms);
  us.agent.hangup(handle, net.now);
  net.run_for(100ms);
  answer();
  net.run_for(1ms);
  ASSERT_TRUE(phone_call.ending);
  EXPECT_EQ(phone_call.ending->sip_status, 487);
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

/// A peer or proxy whose every answer is written by the test.
struct Scripted : Pair {
  std::vector<Received> requests;
  std::function<void(const Received&)> on_request = [](const Received&) {};
  Scripted() {
    net.nodes.push_back({kProxy, [this](const std::string& text, const SocketAddress&) {
                           auto m = Message::parse(as_bytes(text), Framing::Datagram);
                           ASSERT_TRUE(m);
                           auto received = Received::from_message(std::move(*m));
                           ASSERT_TRUE(received);
                           if (!received->message.is_request())
                             return responses.push_back(*received);
                           requests.push_back(*received);
                           on_request(*received);
                         }});
    account.outbound_proxy = Target{.host = kProxy.ip(), .port = kProxy.port()};
    account.domain = "lab.example";
  }
  std::vector<Received> responses;
  void reply(const Received& to, int status, const std::string& tag,
             std::vector<Message::Header> headers = {}, std::string sdp = {}) {
    Message m;
    m.status = status;
    m.reason = reason_phrase(status);
    for (const char* name : {"Via", "From", "Call-ID", "CSeq"}) m.add(name, to.message.get(name));
    m.add("To", to.message.get("To") + (tag.empty() || !to.to_tag().empty() ? "" : ";tag=" + tag));
    for (const auto& header : headers) m.add(header.name, header.value);
    if (!sdp.empty()) m.set_body("application/sdp", sdp);
    net.send(kProxy, kUs, m.to_string());
  }
  void challenge(const Received& to, int status, const std::string& realm,
                 const std::string& more = {}) {
    reply(
        to, status, "c",
        {{status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate",
          "Digest realm=\"" + realm + "\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"" + more}});
  }
  size_t requests_of(std::string_view method) const {
    return static_cast<size_t>(std::ranges::count_if(
        requests, [&](const Received& r) { return r.message.method == method; }));
  }
  Received last(std::string_view method) const {
    for (auto at = requests.rbegin(); at != requests.rend(); ++at) {
      if (at->message.method == method) return *at;
    }
    ADD_FAILURE() << "no " << method;
    return {};
  }
  Message in_dialog(const std::string& method, int cseq, const Received& invite,
                    const std::string& tag) {
    Message m;
    m.method = method;
    m.request_uri = "sip:me@192.0.2.1:5060";
    m.add("Via", "SIP/2.0/UDP 192.0.2.3:5070;rport;branch=z9hG4bK" + std::to_string(cseq));
    m.add("From", invite.message.get("To") + ";tag=" + tag);
    m.add("To", invite.message.get("From"));
    m.add("Call-ID", invite.call_id);
    m.add("CSeq", std::to_string(cseq) + ' ' + method);
    m.add("Contact", "<sip:moved@192.0.2.3:5070>");
    return m;
  }
};

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

TEST_F(Scripted, RegistrationIsRefreshedAndRemoved) {
  RegistrationLog log;
  on_request = [this](const Received& r) {
    if (!r.message.find("Authorization")) return challenge(r, 401, "lab");
    if (r.message.get("Expires") == "300") return reply(r, 423, "t", {{"Min-Expires", "600"}});
    const std::string seconds = r.message.get("Expires") == "0" ? "0" : "500";
    reply(r, 200, "t",
          {{"Contact", "<sip:other@1.1.1.1>;expires=7"},
           {"Contact", r.message.get("Contact") + ";expires=" + seconds}});
  };
  const auto registration = us.agent.register_account(account, log, net.now);
  net.run_for(1s);
  EXPECT_EQ(log.granted, std::vector<Duration>{500s});
  EXPECT_EQ(last("REGISTER").message.request_uri, "sip:lab.example");
  EXPECT_EQ(requests.size(), 3u);
  net.run_for(390s);
  EXPECT_EQ(requests.size(), 3u);
  net.run_for(20s);
  EXPECT_EQ(requests.size(), 4u);
  EXPECT_EQ(log.granted.size(), 2u);
  us.agent.unregister(registration, net.now);
  net.run_for(1s);
  EXPECT_EQ(last("REGISTER").message.get("Expires"), "0");
  EXPECT_FALSE(log.failed);
  expect_clean();
}

TEST_F(Scripted, RegistrationFailsWithTheCause) {
  RegistrationLog log;
  on_request = [this](const Received& r) { challenge(r, 401, "lab"); };
  us.agent.register_account(account, log, net.now);
  net.run_for(1s);
  ASSERT_TRUE(log.failed);
  EXPECT_EQ(log.failed->cause, "wrong password: SIP 401 again after credentials for realm \"lab\"");
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

TEST_F(Pair, ABadCalleeIsRefusedAtOnce) {
  for (const char* bad : {"", " ", "a b", "sip:", "tel:1<", "a@", "@b", "sip:a@b c"}) {
    const auto result = us.agent.invite(account, bad, "", call, net.now);
    EXPECT_FALSE(result.has_value()) << bad;
  }
}

}  // namespace
}  // namespace sipcast::sip
