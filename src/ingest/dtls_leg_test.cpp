#include "ingest/dtls_leg.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

const DtlsContext& our_context() {
  static const DtlsContext made = std::move(DtlsContext::create().value());
  return made;
}
const DtlsContext& phone_context() {
  static const DtlsContext made = std::move(DtlsContext::create().value());
  return made;
}
const SocketAddress kOurs = *SocketAddress::parse("192.0.2.1", 30000);
const SocketAddress kPhone = *SocketAddress::parse("192.0.2.2", 4000);
const SocketAddress kOther = *SocketAddress::parse("192.0.2.3", 4000);

/// A passive leg of ours and an active phone, or the other way round.
struct Pair {
  explicit Pair(bool phone_is_passive = false,
                const std::string& its_fingerprint = phone_context().fingerprint())
      : ours(our_context(), {.fingerprint = its_fingerprint, .passive = phone_is_passive}),
        phone(std::in_place, phone_context(),
              sdp::DtlsPeer{our_context().fingerprint(), !phone_is_passive}) {}
  void start() {
    ours.describe(kPhone, now);
    phone->describe(kOurs, now);
  }
  void exchange(const SocketAddress& phone_at = kPhone) {
    for (int i = 0; i < 8; ++i) {
      for (const Bytes& datagram : phone->take_output()) ours.on_datagram(datagram, phone_at, now);
      for (const Bytes& datagram : ours.take_output()) phone->on_datagram(datagram, kOurs, now);
    }
  }
  Instant now{1s};
  DtlsLeg ours;
  std::optional<DtlsLeg> phone;
};

TEST(DtlsLeg, BringsTheSameKeysInEitherRole) {
  for (const bool phone_is_passive : {false, true}) {
    Pair pair(phone_is_passive);
    pair.start();
    pair.exchange();
    const auto ours = pair.ours.take_keys();
    const auto theirs = pair.phone->take_keys();
    ASSERT_TRUE(ours && theirs);
    EXPECT_EQ(ours->send.key, theirs->receive.key);
    EXPECT_EQ(ours->receive.key, theirs->send.key);
    EXPECT_FALSE(pair.ours.take_keys()) << "told once";
    EXPECT_EQ(pair.ours.take_failure(), "");
    ASSERT_TRUE(pair.ours.deadline());
    pair.ours.on_timer(*pair.ours.deadline());
    EXPECT_FALSE(pair.ours.deadline()) << "the session is freed";
  }
}

TEST(DtlsLeg, TakesNoKeysOfAnotherCertificate) {
  Pair pair(false, our_context().fingerprint());
  pair.start();
  pair.exchange();
  EXPECT_FALSE(pair.ours.take_keys());
  EXPECT_NE(pair.ours.take_failure().find("certificate"), std::string::npos);
}

TEST(DtlsLeg, FollowsAPhoneBehindNatButPrefersWhomTheSdpNames) {
  Pair pair;
  pair.start();
  pair.exchange(kOther);  // it comes from another address than its SDP has
  EXPECT_TRUE(pair.ours.take_keys());
  EXPECT_EQ(pair.ours.peer(), kOther);

  Pair named;
  named.start();
  DtlsLeg stranger(phone_context(), {.fingerprint = "", .passive = true});
  stranger.describe(kOurs, named.now);
  for (const Bytes& hello : stranger.take_output())
    named.ours.on_datagram(hello, kOther, named.now);
  EXPECT_EQ(named.ours.peer(), kOther);
  named.ours.take_output();
  named.exchange();
  EXPECT_EQ(named.ours.peer(), kPhone);
  EXPECT_TRUE(named.ours.take_keys());
}

TEST(DtlsLeg, AHandshakeMayComeAnewWithANewDescriptionAlone) {
  Pair pair;
  pair.start();
  pair.exchange();
  const auto first = pair.ours.take_keys();
  ASSERT_TRUE(first);
  const auto again = [&] {
    pair.phone.emplace(phone_context(), sdp::DtlsPeer{our_context().fingerprint(), true});
    pair.phone->describe(kOurs, pair.now);
    pair.exchange();
    return pair.ours.take_keys();
  };
  EXPECT_FALSE(again());
  pair.ours.describe(kPhone, pair.now);
  const auto second = again();
  ASSERT_TRUE(second);
  EXPECT_NE(first->send.key, second->send.key);
}

}  // namespace
}  // namespace sipcast
