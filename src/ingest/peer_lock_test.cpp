#include "ingest/peer_lock.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

SocketAddress address(const char* ip, uint16_t port) { return *SocketAddress::parse(ip, port); }
RtpView packet(uint16_t seq, uint32_t ssrc = 1) {
  RtpView rtp;
  rtp.seq = SequenceNumber{seq};
  rtp.ssrc = Ssrc{ssrc};
  return rtp;
}
const SocketAddress kPhone = address("192.0.2.1", 4000);
const SocketAddress kNat = address("203.0.113.9", 61000);

TEST(PeerLock, TakesTheSignalledAddressAtOnce) {
  PeerLock lock;
  lock.reset(kPhone);
  EXPECT_TRUE(lock.accept(kPhone, packet(1), Instant{}));
  EXPECT_EQ(lock.target(), kPhone);
}

TEST(PeerLock, LearnsAnAddressOnlyFromSeveralConsistentPackets) {
  PeerLock lock;
  lock.reset(kPhone);
  for (uint16_t seq = 1; seq < 5; ++seq)
    EXPECT_FALSE(lock.accept(kNat, packet(seq), Instant{})) << seq;
  EXPECT_TRUE(lock.accept(kNat, packet(5), Instant{}));
  EXPECT_TRUE(lock.learnt());
  EXPECT_EQ(lock.target(), kNat);
}

TEST(PeerLock, DoesNotLearnFromJumpingNumbersOrSources) {
  PeerLock lock;
  lock.reset(kPhone);
  for (uint16_t i = 0; i < 20; ++i) {
    EXPECT_FALSE(lock.accept(kNat, packet(static_cast<uint16_t>(i * 100)), Instant{}));
    EXPECT_FALSE(lock.accept(kNat, packet(i, 100u + i), Instant{}));
  }
}

TEST(PeerLock, AStrangerCannotPushOutALivePeerButMayTakeOverASilentOne) {
  PeerLock lock;
  lock.reset(kPhone);
  ASSERT_TRUE(lock.accept(kPhone, packet(100), Instant{}));
  for (uint16_t seq = 1; seq < 50; ++seq)
    EXPECT_FALSE(lock.accept(kNat, packet(seq), Instant{} + 1s));
  bool taken = false;
  for (uint16_t seq = 101; seq < 106; ++seq) taken = lock.accept(kNat, packet(seq), Instant{} + 3s);
  EXPECT_TRUE(taken);
  EXPECT_FALSE(lock.accept(kPhone, packet(106), Instant{} + 3s));
}

TEST(PeerLock, ANewRemoteSdpOpensTheLock) {
  PeerLock lock;
  lock.reset(kPhone);
  ASSERT_TRUE(lock.accept(kPhone, packet(1), Instant{}));
  lock.reset(kNat);
  EXPECT_TRUE(lock.accept(kNat, packet(2), Instant{}));
}

}  // namespace
}  // namespace sipcast
