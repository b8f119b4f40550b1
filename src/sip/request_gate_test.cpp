#include "sip/request_gate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sipcast::sip {
namespace {
using namespace std::chrono_literals;
using Verdict = RequestGate::Verdict;

const Instant kStart{};
SocketAddress source(unsigned number) {
  const std::array<uint8_t, 4> ip = {10, 0, static_cast<uint8_t>(number / 256),
                                     static_cast<uint8_t>(number % 256)};
  return SocketAddress::from_ip_bytes(ip, 5060);
}
const std::string kInvite = "INVITE sip:a@b SIP/2.0\r\n\r\n";

TEST(RequestGate, AStrangerHasARate) {
  RequestGate gate({.requests_per_second = 10});
  int passed = 0;
  for (int i = 0; i < 1000; ++i) {
    const Instant now = kStart + i * 10ms;
    passed += gate.check(as_bytes(kInvite), source(1).with_port(static_cast<uint16_t>(i + 1)),
                         now) == Verdict::Pass;
  }
  EXPECT_NEAR(passed, 30 + 100, 3);  // ten seconds
  EXPECT_EQ(gate.check(as_bytes(kInvite), source(2), kStart), Verdict::Pass);
  EXPECT_EQ(gate.check(as_bytes(std::string("SIP/2.0 200 OK\r\n\r\n")), source(1), kStart + 10s),
            Verdict::Pass);
}

TEST(RequestGate, WhomWeCallMaySendWhatItLikes) {
  RequestGate gate({.requests_per_second = 1});
  gate.trust(source(1), kStart);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(gate.check(as_bytes(kInvite), source(1), kStart), Verdict::Pass);
  }
  int passed = 0;
  for (int i = 0; i < 100; ++i) {
    passed += gate.check(as_bytes(kInvite), source(1), kStart + 2h) == Verdict::Pass;
  }
  EXPECT_EQ(passed, 3);
}

TEST(RequestGate, ScannersGetSilence) {
  RequestGate gate({});
  const std::string scan =
      "OPTIONS sip:100@1.1.1.1 SIP/2.0\r\nUser-Agent: Friendly-Scanner\r\n\r\n";
  EXPECT_EQ(gate.check(as_bytes(scan), source(1), kStart), Verdict::Scanner);
  EXPECT_EQ(gate.dropped(), 1u);
}

TEST(RequestGate, AFloodOfSourcesIsBounded) {
  RequestGate gate({.requests_per_second = 1, .max_sources = 100});
  int passed = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    passed += gate.check(as_bytes(kInvite), source(i), kStart) == Verdict::Pass;
  }
  EXPECT_LE(passed, 104);
  EXPECT_EQ(gate.check(as_bytes(kInvite), source(5000), kStart + 2min), Verdict::Pass);
}

}  // namespace
}  // namespace sipcast::sip
