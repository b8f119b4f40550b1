#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "sip/message.hpp"
#include "sip/user_agent.hpp"

/// What the tests of the user agent stand on: two agents, or one and a script, over a wire with
/// delay and loss, in virtual time.
namespace sipcast::sip {
using namespace std::chrono_literals;

inline const SocketAddress kUs = SocketAddress::parse("192.0.2.1", 5060).value();
inline const SocketAddress kPhone = SocketAddress::parse("192.0.2.2", 5060).value();
inline const SocketAddress kProxy = SocketAddress::parse("192.0.2.3", 5070).value();

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
  std::vector<std::string> reanswers;
  std::vector<Ending> refused;
  void on_reoffer_answered(std::string_view sdp) override { reanswers.emplace_back(sdp); }
  void on_reoffer_failed(const Ending& e) override { refused.push_back(e); }
  int on_info(std::string_view, std::string_view body) override {
    infos.emplace_back(body);
    return 200;
  }
  std::vector<ReferRequest> refers;
  std::vector<ReferProgress> progress;
  int refer_status = 202;
  int on_refer(const ReferRequest& refer) override {
    refers.push_back(refer);
    return refer_status;
  }
  void on_refer_progress(const ReferProgress& p) override { progress.push_back(p); }
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
  Agent(Network& network, const SocketAddress& at, UserAgent::Options options = {})
      : net(network), address(at), agent(std::move(options), *this, Logger::none()) {
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
  Agent us, phone;
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
  explicit Pair(const UserAgent::Options& options = {})
      : us(net, kUs, options), phone(net, kPhone, options) {
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

/// A peer or proxy whose every answer is written by the test.
struct Scripted : Pair {
  std::vector<Received> requests;
  std::function<void(const Received&)> on_request = [](const Received&) {};
  explicit Scripted(const UserAgent::Options& options = {}) : Pair(options) {
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
    if (status > 100 && status < 300 && !m.find("Contact"))
      m.add("Contact", "<sip:x@192.0.2.3:5070>");
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

}  // namespace sipcast::sip
