// Any bytes to a user agent with a call and a registration under way. Between messages, which are
// divided by a zero byte, time passes. "@" stands for the Call-ID, tags and branch of our INVITE,
// so that the fuzzer reaches transactions and dialogs without guessing them; "#" is something that
// the agent's own user does.
#include "base/text.hpp"
#include "sip/message.hpp"
#include "sip/user_agent.hpp"

using namespace sipcast;

namespace {

struct World : sip::UserAgentIo, sip::CallObserver, sip::RegistrationObserver {
  std::vector<sip::Received> requests;
  void send(const sip::Target&, std::string message, const std::string&) override {
    auto parsed = sip::Message::parse(as_bytes(message), sip::Framing::Datagram);
    if (!parsed || !parsed->is_request() || requests.size() > 100) return;
    if (auto received = sip::Received::from_message(std::move(*parsed))) {
      requests.push_back(std::move(*received));
    }
  }
  SocketAddress advertised(const sip::Target&) override {
    return SocketAddress::from_ip_bytes(std::array<uint8_t, 4>{192, 0, 2, 1}, 5060);
  }
  void on_provisional(int, std::string_view, std::string_view) override {}
  void on_answered(std::string_view, const SocketAddress&) override {}
  Result<std::string> on_reoffer(std::string_view sdp) override {
    if (sdp.size() % 2) return fail(Errc::NoCommonCodec, "odd");
    return std::string("v=0");
  }
  void on_late_answer(std::string_view) override {}
  void on_reoffer_answered(std::string_view) override {}
  void on_reoffer_failed(const sip::Ending&) override {}
  int on_info(std::string_view, std::string_view) override { return 200; }
  int on_refer(const sip::ReferRequest& request) override {
    return request.target.size() % 2 ? 603 : 202;
  }
  void on_ended(const sip::Ending&) override {}
  void on_registered(Duration) override {}
  void on_registration_failed(const sip::Ending&) override {}
};

/// A valid message about the last request: the first byte chooses which, the rest is its content.
std::string made(const World& world, std::string_view piece) {
  if (piece.size() < 2 || piece[0] != '@' || world.requests.empty()) return std::string(piece);
  const auto choice = static_cast<unsigned char>(piece[1]);
  const sip::Received& about = world.requests[choice % world.requests.size()];
  static constexpr int kStatus[] = {100, 180, 183, 200, 302, 401, 407, 422,
                                    423, 481, 486, 487, 491, 501, 200};
  // What a byte beside the choice adds: reliability, session timers, transfers.
  static constexpr const char* kMore[] = {
      "",
      "Require: 100rel\r\nRSeq: 1\r\n",
      "Require: 100rel\r\nRSeq: 2\r\n",
      "Session-Expires: 90;refresher=uac\r\n",
      "Session-Expires: 4;refresher=uas\r\n",
      "Min-SE: 3600\r\n",
      "Allow: UPDATE\r\nSession-Expires: 4\r\n",
      "Supported: timer, 100rel\r\n",
      "RAck: 1 1 INVITE\r\n",
      "Refer-To: <sip:else@192.0.2.3>\r\n",
      "Refer-To: <sip:e@192.0.2.3>\r\nRefer-Sub: false\r\n",
      "Event: refer\r\nContent-Type: message/sipfrag\r\n"
      "Subscription-State: active\r\n\r\nSIP/2.0 180 x\r\n",
      "Event: refer\r\nContent-Type: message/sipfrag\r\n"
      "Subscription-State: terminated\r\n\r\nSIP/2.0 200 x\r\n"};
  static constexpr const char* kMethods[] = {"BYE",     "INVITE", "ACK",   "INFO",  "UPDATE",
                                             "OPTIONS", "PRACK",  "REFER", "NOTIFY"};
  sip::Message m;
  if (choice < 128) {
    m.status = kStatus[choice % std::size(kStatus)];
    m.reason = "x";
    for (const char* name : {"Via", "From", "Call-ID", "CSeq"})
      m.add(name, about.message.get(name));
    m.add("To", about.message.get("To") + (about.to_tag().empty() ? ";tag=t" : ""));
  } else {
    m.method = kMethods[choice % std::size(kMethods)];
    m.request_uri = "sip:me@192.0.2.1";
    m.add("Via", "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK" + std::to_string(choice));
    m.add("From", about.message.get("To") + (about.to_tag().empty() ? ";tag=t" : ""));
    m.add("To", about.message.get("From"));
    m.add("Call-ID", about.call_id);
    m.add("CSeq", std::to_string(choice) + ' ' + m.method);
  }
  if (choice == 255) {  // another phone wants the place of ours
    m.method = "INVITE";
    m.set("CSeq", "1 INVITE");
    m.set("To", "<sip:me@192.0.2.1>");
    m.set("Call-ID", about.call_id + "2");
    m.add("Replaces", about.call_id + ";to-tag=" + about.from_tag() +
                          ";from-tag=" + (about.to_tag().empty() ? "t" : about.to_tag()));
  }
  std::string wire = m.to_string();
  wire.resize(wire.find("Content-Length"));
  const auto more = piece.size() > 2 ? static_cast<unsigned char>(piece[2]) : 0u;
  if (more < 0x20) wire += kMore[more % std::size(kMore)];
  return wire + std::string(piece.substr(more < 0x20 ? std::min<size_t>(3, piece.size()) : 2));
}

void act(sip::UserAgent& agent, sip::CallHandle incoming, const Result<sip::CallHandle>& outgoing,
         World& world, char action, Instant now) {
  const sip::CallHandle ours = outgoing.value_or(0);
  switch (action % 10) {
    case 0:
      return agent.reoffer(ours, "v=0 ours", now);
    case 1:
      return agent.reoffer(incoming, "v=0 ours", now);
    case 2:
      return agent.ring(incoming, 183, "v=0 early", now);
    case 3:
      return agent.accept(incoming, "v=0", world, now);
    case 4:
      return agent.reject(incoming, 486, now);
    case 5:
      return agent.hangup(incoming, now);
    case 6:
      return agent.send_info(ours, "application/dtmf", "5", now);
    case 7:
      return agent.refer(ours, "sip:else@192.0.2.3", now);
    case 8:
      return agent.tell_refer_progress(ours, now.time_since_epoch().count() % 2 ? 180 : 200, now);
    default:
      return agent.on_timer(now + std::chrono::seconds(3));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  World world;
  sip::UserAgent agent({.max_calls = 20, .take_refer = true, .max_redirects = 2}, world,
                       Logger::none());
  Instant now{};
  sip::CallHandle last_incoming = 0;
  agent.set_incoming_handler([&](const sip::IncomingCall& in) {
    last_incoming = in.handle;
    if (in.sdp.size() % 3 == 0) return agent.accept(in.handle, "v=0", world, now);
    if (in.sdp.size() % 3 == 1) return agent.reject(in.handle, 486, now);
    agent.ring(in.handle, 180, "", now);
  });
  const sip::Account account{.login = "me",
                             .authentication_name = "me",
                             .password = "x",
                             .domain = "192.0.2.2",
                             .display_name = {},
                             .outbound_proxy = {},
                             .realm = {}};
  const auto call = agent.invite(account, "you", "v=0", world, now);
  const auto registration = agent.register_account(account, world, now);
  const auto from = SocketAddress::from_ip_bytes(std::array<uint8_t, 4>{192, 0, 2, 2}, 5060);
  size_t count = 0;
  for (const std::string_view piece : split(as_text({data, size}), '\0')) {
    if (++count > 50) break;
    if (piece.starts_with('#')) {
      for (const char action : piece.substr(1)) act(agent, last_incoming, call, world, action, now);
    } else {
      const std::string message = made(world, piece);
      agent.on_message(as_bytes(message), sip::Transport::Udp, from, now);
    }
    now += std::chrono::milliseconds(100 * (piece.size() % 13));
    agent.on_timer(now);
    if (count == 5 && call) agent.hangup(*call, now);
  }
  if (call) agent.forget(*call, now);
  agent.unregister(registration, now);
  for (int i = 0; i < 40; ++i) {
    now += std::chrono::seconds(5);
    agent.on_timer(now);
  }
  return 0;
}
