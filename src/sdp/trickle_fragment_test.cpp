#include "sdp/trickle_fragment.hpp"

#include <gtest/gtest.h>

namespace sipcast::sdp {
namespace {

TEST(TrickleFragment, ChromiumsCandidatesAreRead) {
  const auto fragment = parse_trickle_fragment(
      "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
      "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw\r\n"
      "a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active\r\n"
      "a=end-of-candidates\r\n");
  ASSERT_TRUE(fragment.has_value()) << fragment.error().cause;
  EXPECT_EQ(fragment->ufrag, "EsAw");
  EXPECT_EQ(fragment->pwd, "P2uYro0UCOQ4zxjKXaWCBui1");
  EXPECT_EQ(fragment->candidates.size(), 2u);
  EXPECT_TRUE(fragment->end_of_candidates);
}

TEST(TrickleFragment, NothingIsAFragmentToo) {
  const auto fragment = parse_trickle_fragment("");
  ASSERT_TRUE(fragment.has_value());
  EXPECT_EQ(fragment->ufrag, "");
}

TEST(TrickleFragment, WhatIsWrongIsNamedWithItsLine) {
  const std::pair<std::string, std::string> cases[] = {
      {"hello", "line 1"},
      {"a=ice-ufrag:a\r\na=candidate:1 1 udp\r\n", "line 2: candidate"},
      {"a=candidate:1 1 udp 1 192.0.2.1 65536 typ host\r\n", "candidate"},
      {"a=ice-ufrag:a\r\na=ice-ufrag:b\r\n", "line 2: ice-ufrag: said twice"},
      {"a=ice-pwd:" + std::string(257, 'x'), "ice-pwd: must have 1 to 256"},
      {std::string(kMaxFragmentBytes + 1, '\n'), "16 KiB"},
  };
  for (const auto& [text, cause] : cases) {
    const auto fragment = parse_trickle_fragment(text);
    ASSERT_FALSE(fragment.has_value()) << cause;
    EXPECT_NE(fragment.error().cause.find(cause), std::string::npos) << fragment.error().cause;
  }
  std::string many;
  for (int i = 0; i < 257; ++i) many += "a=candidate:1 1 udp 1 1.2.3.4 9 typ host\n";
  EXPECT_EQ(parse_trickle_fragment(many).error().code, Errc::Exhausted);
}

}  // namespace
}  // namespace sipcast::sdp
