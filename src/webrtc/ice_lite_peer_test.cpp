#include "webrtc/ice_lite_peer.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "webrtc/browser_for_tests.hpp"

namespace sipcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const DtlsContext& context() {
  static const DtlsContext made = std::move(DtlsContext::create().value());
  return made;
}

SocketAddress address(const char* ip, uint16_t port) {
  return SocketAddress::parse(ip, port).value();
}

/// One peer, one browser, and a network with loss and delay between them, in virtual time.
class World : public IceLitePeer::Io {
 public:
  struct Setup {
    std::string profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";
    std::string fingerprint;  ///< of the SDP; empty: the browser's own
    uint32_t loss_percent = 0;
    Duration delay = milliseconds(20);
    uint32_t seed = 1;
  };
  explicit World(const Setup& setup) : browser(setup.profiles), setup_(setup), random_(setup.seed) {
    browser.server_ufrag = "ours";
    browser.server_pwd = "our-password-our-password";
    peer = std::make_unique<IceLitePeer>(
        IceLitePeer::Options{.local_ufrag = browser.server_ufrag,
                             .local_pwd = browser.server_pwd,
                             .remote_ufrag = browser.our_ufrag,
                             .remote_pwd = browser.our_pwd,
                             .remote_fingerprint = setup.fingerprint.empty()
                                                       ? browser.dtls().fingerprint()
                                                       : setup.fingerprint},
        context(), *this, now, Logger::none());
  }
  World() : World(Setup()) {}

  void send(BytesView datagram, const SocketAddress& to) override {
    ++sent;
    if (to == browser_address) {
      post(false, datagram);
    } else {
      to_others.emplace_back(datagram.begin(), datagram.end());
    }
  }
  void on_connected() override { ++connected; }
  void on_rtcp(BytesView plain, Instant) override { rtcp.emplace_back(plain.begin(), plain.end()); }
  void on_ended(std::string_view cause) override {
    causes.emplace_back(cause);
    ended_at = now;
  }

  /// 10 ms steps: a tenth of a handshake's smallest interval, many for a test of a minute.
  void run(Duration duration) {
    for (const Instant end = now + duration; now < end; now += milliseconds(10)) {
      browser.on_timer(now);
      for (const Bytes& datagram : browser.take_output()) post(true, datagram);
      if (now >= peer->deadline()) peer->on_timer(now);
      deliver();
    }
  }
  bool run_until_connected(Duration at_most = seconds(14)) {
    for (const Instant end = now + at_most; now < end && !(connected && browser.connected());) {
      run(milliseconds(10));
    }
    return peer->connected() && browser.connected() && connected == 1;
  }
  Bytes seal(uint16_t sequence, BytesView payload) {
    const Bytes header = {0x80,
                          96,
                          static_cast<uint8_t>(sequence >> 8),
                          static_cast<uint8_t>(sequence),
                          0,
                          0,
                          0,
                          1,
                          0,
                          0,
                          0,
                          42};
    Bytes wire(header.size() + payload.size() + IceLitePeer::kSealOverhead);
    wire.resize(peer->seal_rtp(header, payload, wire));
    return wire;
  }

  SocketAddress browser_address = address("192.0.2.10", 50000);
  Instant now{};
  BrowserForTests browser;
  std::unique_ptr<IceLitePeer> peer;
  int connected = 0;
  int sent = 0;
  std::vector<std::string> causes;
  Instant ended_at{};
  std::vector<Bytes> rtcp;
  std::vector<Bytes> to_others;
  std::function<bool(BytesView)> swallow;  ///< what never arrives at the peer

 private:
  struct InFlight {
    Instant due;
    bool to_peer;
    Bytes datagram;
  };
  void post(bool to_peer, BytesView datagram) {
    random_ = random_ * 1664525 + 1013904223;
    if (random_ / 65536 % 100 < setup_.loss_percent) return;
    if (to_peer && swallow && swallow(datagram)) return;
    in_flight_.push_back({now + setup_.delay, to_peer, Bytes(datagram.begin(), datagram.end())});
  }
  void deliver() {
    while (!in_flight_.empty() && in_flight_.front().due <= now) {
      const InFlight next = std::move(in_flight_.front());
      in_flight_.pop_front();
      if (next.to_peer) {
        peer->on_datagram(next.datagram, browser_address, now);
      } else {
        browser.on_datagram(next.datagram, now);
      }
    }
  }
  Setup setup_;
  uint32_t random_;
  std::deque<InFlight> in_flight_;
};

const Bytes kReceiverReport = {0x80, 201, 0, 1, 0, 0, 0, 9};
const Bytes kPayload(300, 0x77);

TEST(Classify, FollowsRfc7983) {
  const auto kind = [](uint8_t first) { return classify(Bytes{first}); };
  EXPECT_EQ(kind(0), DatagramKind::Stun);
  EXPECT_EQ(kind(3), DatagramKind::Stun);
  EXPECT_EQ(kind(4), DatagramKind::Other);
  EXPECT_EQ(kind(20), DatagramKind::Dtls);
  EXPECT_EQ(kind(63), DatagramKind::Dtls);
  EXPECT_EQ(kind(64), DatagramKind::Other);
  EXPECT_EQ(kind(128), DatagramKind::RtpOrRtcp);
  EXPECT_EQ(kind(191), DatagramKind::RtpOrRtcp);
  EXPECT_EQ(kind(192), DatagramKind::Other);
  EXPECT_EQ(classify({}), DatagramKind::Other);
}

TEST(StunLocalUfrag, IsThePartBeforeTheColonOfARequest) {
  const StunTransactionId transaction{};
  const Bytes request = make_binding_request(
      {.transaction = transaction, .username = "ours:theirs", .password = "secret"});
  EXPECT_EQ(stun_local_ufrag(request), "ours");
  EXPECT_EQ(stun_local_ufrag(BytesView(request).first(30)), "");
  EXPECT_EQ(stun_local_ufrag(make_binding_request(
                {.transaction = transaction, .username = "none", .password = "secret"})),
            "");
  EXPECT_EQ(stun_local_ufrag(make_binding_success(transaction, address("192.0.2.1", 1), "secret")),
            "");
  EXPECT_EQ(stun_local_ufrag(Bytes{0x80, 0x60}), "");
}

TEST(IceLitePeer, ConnectsAndCarriesMediaWithBothProfiles) {
  for (const char* profiles :
       {"SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80", "SRTP_AES128_CM_SHA1_80"}) {
    SCOPED_TRACE(profiles);
    World world({.profiles = profiles});
    EXPECT_EQ(world.seal(1, kPayload).size(), 0u);
    ASSERT_TRUE(world.run_until_connected());
    EXPECT_LT(world.now, Instant{} + milliseconds(300));
    EXPECT_EQ(world.peer->selected(), world.browser_address);
    EXPECT_EQ(world.browser.mapped(), world.browser_address);

    for (uint16_t sequence = 1; sequence <= 20; ++sequence) {
      const Bytes wire = world.seal(sequence, kPayload);
      ASSERT_GT(wire.size(), kPayload.size() + 12);
      EXPECT_EQ(world.seal(sequence, kPayload), wire);  // a resend is the same
      world.browser.on_datagram(wire, world.now);
    }
    ASSERT_EQ(world.browser.rtp.size(), 20u);
    EXPECT_EQ(Bytes(world.browser.rtp[7].begin() + 12, world.browser.rtp[7].end()), kPayload);

    world.peer->send_rtcp(kReceiverReport);
    world.browser.send_rtcp(kReceiverReport);
    world.run(milliseconds(100));
    EXPECT_EQ(world.browser.rtcp, std::vector<Bytes>{kReceiverReport});
    EXPECT_EQ(world.rtcp, std::vector<Bytes>{kReceiverReport});
    EXPECT_TRUE(world.causes.empty());
  }
}

TEST(IceLitePeer, ConnectsOverABadNetwork) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    World world({.loss_percent = 20, .delay = milliseconds(150), .seed = seed});
    EXPECT_TRUE(world.run_until_connected());
  }
}

TEST(IceLitePeer, EndsWhenTheCertificateIsNotTheOneOfTheSdp) {
  World world({.fingerprint = context().fingerprint()});
  world.run(seconds(1));
  EXPECT_EQ(world.causes, std::vector<std::string>{"Failed by DTLS fingerprint error"});
  EXPECT_EQ(world.connected, 0);
  EXPECT_FALSE(world.peer->connected());
  EXPECT_EQ(world.seal(1, kPayload).size(), 0u);
  EXPECT_TRUE(world.browser.dtls().closed());
  EXPECT_EQ(world.peer->deadline(), Instant::max());
}

TEST(IceLitePeer, EndsWithoutAnSrtpProfileInCommon) {
  World world({.profiles = "SRTP_AES128_CM_SHA1_32"});
  world.run(seconds(5));
  EXPECT_EQ(world.causes, std::vector<std::string>{"Failed by DTLS error"});
}

TEST(IceLitePeer, IgnoresChecksWithAWrongPasswordUntilItTimesOut) {
  World world;
  world.browser.server_pwd = "some other password here";
  world.run(milliseconds(14900));
  EXPECT_FALSE(world.peer->selected());
  EXPECT_GT(world.peer->stats().unauthenticated, 20u);
  EXPECT_EQ(world.browser.stun_errors.at(0), 401);
  EXPECT_TRUE(world.causes.empty());
  world.run(milliseconds(200));
  EXPECT_EQ(world.causes, std::vector<std::string>{"Failed by ICE timeout"});
}

TEST(IceLitePeer, GivesUpAHandshakeThatNeverComes) {
  World world;
  world.swallow = [](BytesView datagram) { return datagram[0] == 22; };
  world.run(milliseconds(14900));
  EXPECT_TRUE(world.peer->selected());
  EXPECT_TRUE(world.causes.empty());
  world.run(milliseconds(300));
  EXPECT_EQ(world.causes, std::vector<std::string>{"Failed by DTLS error"});
}

TEST(IceLitePeer, AnswersBadRequestsWithoutChangingAnything) {
  World world;
  const SocketAddress other = address("198.51.100.5", 1234);
  const std::string username = "ours:brow";
  const auto error_for = [&](const StunRequest& request) {
    world.to_others.clear();
    world.peer->on_datagram(make_binding_request(request), other, world.now);
    const auto answer = parse_stun(world.to_others.at(0));
    return answer ? answer->error_code : 0;
  };
  EXPECT_EQ(error_for({.username = username, .password = ""}), 400);
  EXPECT_EQ(error_for({.username = "", .password = world.browser.server_pwd}), 400);
  EXPECT_EQ(error_for({.username = "ours:else", .password = world.browser.server_pwd}), 401);
  EXPECT_EQ(error_for({.username = username, .password = "wrong"}), 401);
  EXPECT_EQ(
      error_for(
          {.username = username, .password = world.browser.server_pwd, .extra_attribute = 0x0051}),
      420);
  EXPECT_EQ(
      error_for({.username = username, .password = world.browser.server_pwd, .controlled = true}),
      487);
  EXPECT_FALSE(world.peer->selected());
}

TEST(IceLitePeer, TakesNothingFromStrangers) {
  World world;
  const SocketAddress stranger = address("203.0.113.66", 6666);
  DtlsClientForTests intruder;
  intruder.start();
  const auto attack = [&] {
    for (const Bytes& hello : intruder.take_output()) {
      world.peer->on_datagram(hello, stranger, world.now);
    }
    world.peer->on_datagram(Bytes{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40}, stranger,
                            world.now);
    world.peer->on_datagram(Bytes(60, 0x80), stranger, world.now);
    world.peer->on_datagram(Bytes{0x80, 201}, stranger, world.now);
    world.peer->on_datagram(Bytes{99}, stranger, world.now);
    world.peer->on_datagram({}, stranger, world.now);
  };
  attack();
  EXPECT_EQ(world.sent, 0);
  ASSERT_TRUE(world.run_until_connected());
  attack();
  world.run(seconds(5));
  EXPECT_GE(world.peer->stats().from_strangers, 6u);
  EXPECT_TRUE(world.to_others.empty());
  EXPECT_TRUE(world.causes.empty());
}

TEST(IceLitePeer, AForgedAlertDuringTheHandshakeEndsNothing) {
  World world;
  const Bytes alert = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
  while (!world.browser.mapped()) world.run(milliseconds(10));
  world.peer->on_datagram(alert, world.browser_address, world.now);
  world.run(milliseconds(30));
  world.peer->on_datagram(alert, world.browser_address, world.now);
  EXPECT_TRUE(world.run_until_connected());
  world.run(seconds(6));
  EXPECT_TRUE(world.causes.empty());
}

TEST(IceLitePeer, BadSrtcpIsCountedOnly) {
  World world;
  ASSERT_TRUE(world.run_until_connected());
  Bytes junk(60, 0x80);
  junk[1] = 200;
  world.peer->on_datagram(junk, world.browser_address, world.now);
  EXPECT_EQ(world.peer->stats().unauthenticated, 1u);
  junk[1] = 96;
  world.peer->on_datagram(junk, world.browser_address, world.now);
  EXPECT_EQ(world.peer->stats().ignored, 1u);
  EXPECT_TRUE(world.rtcp.empty());
}

TEST(IceLitePeer, FollowsUseCandidateToANewAddress) {
  World world;
  ASSERT_TRUE(world.run_until_connected());
  const SocketAddress before = world.browser_address;
  world.browser_address = address("2001:db8::99", 4444);
  world.browser.use_candidate = false;
  world.run(seconds(1));
  EXPECT_EQ(world.peer->selected(), before);
  world.browser.use_candidate = true;
  world.run(seconds(1));
  EXPECT_EQ(world.peer->selected(), world.browser_address);
  world.peer->send_rtcp(kReceiverReport);
  world.run(milliseconds(100));
  EXPECT_EQ(world.browser.rtcp.size(), 1u);
}

TEST(IceLitePeer, EndsAfterThirtySecondsWithoutACheck) {
  World world;
  ASSERT_TRUE(world.run_until_connected());
  world.run(seconds(40));
  ASSERT_TRUE(world.causes.empty());
  world.browser.checking = false;
  const Instant silent = world.now;
  world.run(seconds(31));
  EXPECT_EQ(world.causes, std::vector<std::string>{"Failed by ICE keep alive"});
  EXPECT_GT(world.ended_at, silent + seconds(29));
}

TEST(IceLitePeer, EndsThreeSecondsAfterAGoodbye) {
  World world;
  ASSERT_TRUE(world.run_until_connected());
  world.run(seconds(2));
  world.browser.checking = false;
  world.browser.dtls().close();
  const Instant closed = world.now;
  world.run(seconds(2));
  EXPECT_TRUE(world.causes.empty());
  world.run(seconds(2));
  EXPECT_EQ(world.causes, std::vector<std::string>{"Closed by peer"});
  EXPECT_GE(world.ended_at, closed + seconds(3));
  EXPECT_LE(world.ended_at, closed + milliseconds(3100));
}

TEST(IceLitePeer, ACheckThatAGoodbyeOvertookDoesNotDelayTheEnd) {
  World world;
  ASSERT_TRUE(world.run_until_connected());
  world.browser.checking = false;
  world.run(milliseconds(200));
  world.browser.dtls().close();
  world.run(milliseconds(50));
  world.peer->on_datagram(world.browser.make_check(), world.browser_address, world.now);
  world.run(seconds(4));
  EXPECT_EQ(world.causes, std::vector<std::string>{"Closed by peer"});
}

TEST(IceLitePeer, AClosedPortIsAHintLikeAGoodbye) {
  World world;
  world.peer->on_port_unreachable(world.now);  // anybody's; nobody is there yet
  ASSERT_TRUE(world.run_until_connected());
  world.peer->on_port_unreachable(world.now);
  world.run(seconds(20));
  ASSERT_TRUE(world.causes.empty()) << "checks went on";
  world.browser.checking = false;
  world.run(seconds(1));
  world.peer->on_port_unreachable(world.now);
  world.run(milliseconds(3100));
  EXPECT_EQ(world.causes, std::vector<std::string>{"Closed by peer"});
}

TEST(IceLitePeer, AGoodbyeCountsForNothingWhileChecksGoOn) {
  World world;
  ASSERT_TRUE(world.run_until_connected());
  world.browser.dtls().close();
  world.run(seconds(20));
  EXPECT_TRUE(world.causes.empty());
}

TEST(IceLitePeer, AfterAMinuteAnyAlertFromTheViewerIsAHint) {
  World world;
  ASSERT_TRUE(world.run_until_connected());
  const Bytes forged = {21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0};
  world.peer->on_datagram(forged, world.browser_address, world.now);
  world.browser.checking = false;
  world.run(seconds(10));
  ASSERT_TRUE(world.causes.empty());  // OpenSSL saw that it was forged
  world.browser.checking = true;
  world.run(seconds(61));
  world.peer->on_datagram(forged, world.browser_address, world.now);
  world.run(seconds(5));
  ASSERT_TRUE(world.causes.empty());  // checks went on
  world.browser.send_rtcp(kReceiverReport);
  world.browser.checking = false;
  world.run(seconds(1));
  world.browser.dtls().close();
  world.run(milliseconds(3100));
  EXPECT_EQ(world.causes, std::vector<std::string>{"Closed by peer"});
}

TEST(IceLitePeer, SaysGoodbyeWhenTheOwnerCloses) {
  World world;
  ASSERT_TRUE(world.run_until_connected());
  world.peer->close();
  world.run(seconds(40));
  EXPECT_TRUE(world.browser.dtls().closed());
  EXPECT_TRUE(world.causes.empty());
}

TEST(IceLitePeer, AnIdlePeerNeedsNoTimerUnderASecond) {
  World world;
  ASSERT_TRUE(world.run_until_connected());
  world.run(seconds(61));
  EXPECT_GT(world.peer->deadline(), world.now + seconds(20));
}

}  // namespace
}  // namespace sipcast
