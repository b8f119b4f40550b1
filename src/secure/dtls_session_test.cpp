#include "secure/dtls_session.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "secure/dtls_client_for_tests.hpp"

namespace sipcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const DtlsContext& context() {
  static const DtlsContext made = std::move(DtlsContext::create().value());
  return made;
}

/// A client and a session with nothing but a function between them, in virtual time.
struct Pair {
  explicit Pair(const std::string& profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80")
      : client(profiles), session(std::move(*DtlsSession::create(context()))) {}
  /// Exchanges what there is until both are silent.
  void exchange() {
    for (;;) {
      const auto up = client.take_output();
      for (const Bytes& datagram : up) {
        if (!lose_up || !lose_up(++sent_up)) session->on_datagram(datagram, now);
      }
      const auto down = session->take_output();
      for (const Bytes& datagram : down) {
        EXPECT_LE(datagram.size(), DtlsSession::kMtu);
        if (!lose_down || !lose_down(++sent_down)) client.on_datagram(datagram);
      }
      if (up.empty() && down.empty()) return;
    }
  }
  /// Half a second steps; both sides retransmit.
  void run(Duration duration) {
    for (const Instant end = now + duration; now < end; now += milliseconds(500)) {
      session->on_timer(now);
      exchange();
      client.retransmit();
      exchange();
    }
  }
  DtlsClientForTests client;
  std::unique_ptr<DtlsSession> session;
  Instant now{};
  int sent_up = 0, sent_down = 0;
  std::function<bool(int)> lose_up, lose_down;
};

/// Both ends ours, with a network that loses what `lose` says.
struct OurPair {
  std::unique_ptr<DtlsSession> client =
      std::move(*DtlsSession::create(context(), DtlsRole::Client));
  std::unique_ptr<DtlsSession> server = std::move(*DtlsSession::create(context()));
  Instant now{};
  int sent = 0;
  std::function<bool(int)> lose;
  void carry(DtlsSession& from, DtlsSession& to) {
    for (const Bytes& datagram : from.take_output()) {
      if (!lose || !lose(++sent)) to.on_datagram(datagram, now);
    }
  }
  void run(Duration duration) {
    client->start(now);
    for (const Instant end = now + duration; now < end; now += milliseconds(10)) {
      client->on_timer(now);
      server->on_timer(now);
      for (int i = 0; i < 4; ++i) {
        carry(*client, *server);
        carry(*server, *client);
      }
    }
  }
};

TEST(DtlsSession, AClientAgreesWithAServer) {
  OurPair pair;
  pair.run(milliseconds(100));
  ASSERT_EQ(pair.client->state(), DtlsSession::State::Connected);
  ASSERT_EQ(pair.server->state(), DtlsSession::State::Connected);
  EXPECT_FALSE(pair.client->deadline());
  EXPECT_TRUE(pair.client->peer_matches(context().fingerprint()));
  const auto ours = pair.client->srtp_keys();
  const auto theirs = pair.server->srtp_keys();
  ASSERT_TRUE(ours && theirs);
  EXPECT_EQ(ours->local.key, theirs->remote.key);
  EXPECT_EQ(ours->remote.key, theirs->local.key);
  EXPECT_EQ(ours->local.salt, theirs->remote.salt);
  EXPECT_NE(ours->local.key, ours->remote.key);
}

TEST(DtlsSession, AClientsHandshakeSurvivesTheLossOfAnyDatagram) {
  for (int lost = 1; lost <= 12; ++lost) {
    SCOPED_TRACE(lost);
    OurPair pair;
    pair.lose = [lost](int number) { return number == lost; };
    pair.run(seconds(5));
    EXPECT_EQ(pair.client->state(), DtlsSession::State::Connected);
    EXPECT_EQ(pair.server->state(), DtlsSession::State::Connected);
  }
  OurPair pair;
  pair.lose = [chance = std::mt19937(1)](int) mutable { return chance() % 4 == 0; };
  pair.run(seconds(20));
  EXPECT_EQ(pair.client->state(), DtlsSession::State::Connected);
}

TEST(DtlsSession, AgreesOnTheSameKeysForBothProfiles) {
  for (const auto& [name, profile] :
       {std::pair{"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM", SrtpProfile::AeadAes128Gcm},
        std::pair{"SRTP_AES128_CM_SHA1_80", SrtpProfile::AesCm128HmacSha1_80}}) {
    SCOPED_TRACE(name);
    Pair pair(name);
    pair.client.start();
    pair.exchange();
    ASSERT_TRUE(pair.client.connected());
    ASSERT_EQ(pair.session->state(), DtlsSession::State::Connected);
    const auto ours = pair.session->srtp_keys();
    ASSERT_TRUE(ours);
    const auto theirs = pair.client.keys();
    EXPECT_EQ(ours->local.profile, profile);
    EXPECT_EQ(ours->local.key, theirs.remote.key);
    EXPECT_EQ(ours->local.salt, theirs.remote.salt);
    EXPECT_EQ(ours->remote.key, theirs.local.key);
    EXPECT_EQ(ours->remote.salt, theirs.local.salt);
    EXPECT_TRUE(pair.session->peer_matches(pair.client.fingerprint()));
    EXPECT_FALSE(pair.session->peer_matches(context().fingerprint()));
    EXPECT_FALSE(pair.session->deadline());
  }
}

TEST(DtlsSession, WithoutAnSrtpProfileThereAreNoKeys) {
  Pair pair("");
  pair.client.start();
  pair.exchange();
  ASSERT_EQ(pair.session->state(), DtlsSession::State::Connected);
  const auto keys = pair.session->srtp_keys();
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, Errc::Unsupported);
}

TEST(DtlsSession, SendsItsFlightAgainWithFreshSequenceNumbers) {
  Pair pair;
  pair.client.start();
  for (const Bytes& datagram : pair.client.take_output()) {
    pair.session->on_datagram(datagram, pair.now);
  }
  const auto first = pair.session->take_output();
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(pair.session->deadline(), pair.now + milliseconds(250));
  pair.session->on_timer(pair.now + milliseconds(249));
  EXPECT_TRUE(pair.session->take_output().empty());
  pair.session->on_timer(pair.now + milliseconds(250));
  const auto second = pair.session->take_output();
  ASSERT_EQ(second.size(), first.size());
  EXPECT_NE(first[0], second[0]);
  EXPECT_EQ(pair.session->deadline(), pair.now + milliseconds(750));
  for (const Bytes& datagram : first) pair.client.on_datagram(datagram);
  for (const Bytes& datagram : second) pair.client.on_datagram(datagram);  // no harm
  pair.exchange();
  EXPECT_TRUE(pair.client.connected());
}

TEST(DtlsSession, SurvivesTheLossOfAnySingleDatagram) {
  for (int lost = 1; lost <= 8; ++lost) {
    SCOPED_TRACE(lost);
    Pair down;
    down.lose_down = [&](int count) { return count == lost; };
    down.client.start();
    down.run(seconds(5));
    EXPECT_TRUE(down.client.connected());
    EXPECT_EQ(down.session->state(), DtlsSession::State::Connected);
    Pair up;
    up.lose_up = [&](int count) { return count == lost; };
    up.client.start();
    up.run(seconds(5));
    EXPECT_TRUE(up.client.connected());
    EXPECT_EQ(up.session->state(), DtlsSession::State::Connected);
  }
}

TEST(DtlsSession, SurvivesHeavyLoss) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    uint32_t state = seed;
    const auto lose = [&](int) {
      return (state = state * 1664525 + 1013904223) >> 24 < 77;
    };  // 30 %
    Pair pair;
    pair.lose_up = pair.lose_down = lose;
    pair.client.start();
    pair.run(seconds(30));
    EXPECT_TRUE(pair.client.connected());
    EXPECT_EQ(pair.session->state(), DtlsSession::State::Connected);
  }
}

TEST(DtlsSession, NoticesAGoodbyeAndNoForgedOne) {
  Pair pair;
  pair.client.start();
  pair.exchange();
  const Bytes plain = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40};
  Bytes forged = {21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 99, 0, 26};
  forged.resize(13 + 26, 0x33);
  pair.session->on_datagram(plain, pair.now);
  pair.session->on_datagram(forged, pair.now);
  EXPECT_EQ(pair.session->state(), DtlsSession::State::Connected);
  EXPECT_EQ(alert_record(plain), AlertRecord::Plain);
  EXPECT_EQ(alert_record(forged), AlertRecord::Encrypted);
  pair.client.close();
  pair.exchange();
  EXPECT_EQ(pair.session->state(), DtlsSession::State::Closed);
}

TEST(DtlsSession, SaysGoodbye) {
  Pair pair;
  pair.client.start();
  pair.exchange();
  pair.session->close();
  pair.exchange();
  EXPECT_TRUE(pair.client.closed());
}

TEST(DtlsSession, RecognisesAClientHello) {
  Pair pair;
  pair.client.start();
  const auto hello = pair.client.take_output();
  ASSERT_FALSE(hello.empty());
  EXPECT_TRUE(starts_client_hello(hello[0]));
  EXPECT_FALSE(starts_client_hello(BytesView(hello[0]).first(13)));
  EXPECT_EQ(alert_record(hello[0]), AlertRecord::None);
}

}  // namespace
}  // namespace sipcast
