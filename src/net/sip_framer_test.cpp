#include "net/sip_framer.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace sipcast {
namespace {

using Kind = SipFramer::Event::Kind;

/// Messages as text, pings as "ping", a failure as the name of its code.
void take_all(SipFramer& framer, std::vector<std::string>& found) {
  while (true) {
    const auto event = framer.next();
    if (!event) return found.push_back(std::string(to_string(event.error().code)));
    if (!*event) return;
    found.push_back((*event)->kind == Kind::Ping ? "ping"
                                                 : std::string(as_text((*event)->message)));
  }
}

const std::string kInvite = "INVITE sip:a@b SIP/2.0\r\nVia: x\r\nContent-Length: 4\r\n\r\nv=0\n";
const std::string kCompact = "SIP/2.0 200 OK\r\nl : 2\r\nX: 1\r\n\r\n\r\n";
const std::string kFolded = "BYE sip:a@b SIP/2.0\r\ncontent-length:\r\n 3\r\n\r\nabc";
const std::string kNoLength = "ACK sip:a@b SIP/2.0\r\nVia: x\r\n\r\n";

TEST(SipFramer, TellsAPongFromAPing) {
  SipFramer framer;
  const auto next = [&](std::string_view bytes) {
    framer.append(as_bytes(bytes));
    const auto event = framer.next();
    return event && *event ? std::optional((*event)->kind) : std::nullopt;
  };
  EXPECT_EQ(next("\r\n"), std::nullopt);  // nobody asked: half a ping
  EXPECT_EQ(next("\r\n"), Kind::Ping);
  framer.expect_pong();
  EXPECT_EQ(next("\r\n"), Kind::Pong);
  framer.expect_pong();  // both sides ping at once
  EXPECT_EQ(next("\r\n\r\n"), Kind::Pong);
  EXPECT_EQ(next("\r\n"), Kind::Ping);
  framer.expect_pong();  // a message between a ping and its pong
  EXPECT_EQ(next(kInvite), Kind::Message);
  EXPECT_EQ(next("\r\n"), Kind::Pong);
}

TEST(SipFramer, FindsTheSameMessagesWhereverTcpCuts) {
  const std::string stream =
      "\r\n" + kInvite + "\r\n\r\n" + kCompact + kFolded + "\r\n" + kNoLength + kInvite;
  const std::vector<std::string> expected = {kInvite, "ping",    kCompact,
                                             kFolded, kNoLength, kInvite};
  for (size_t at = 0; at <= stream.size(); ++at) {
    SipFramer framer;
    std::vector<std::string> found;
    framer.append(as_bytes(stream).first(at));
    take_all(framer, found);
    framer.append(as_bytes(stream).subspan(at));
    take_all(framer, found);
    ASSERT_EQ(found, expected) << "cut at " << at;
  }
  SipFramer framer;
  std::vector<std::string> found;
  for (const char& byte : stream) {
    framer.append(as_bytes({&byte, 1}));
    take_all(framer, found);
  }
  EXPECT_EQ(found, expected);
}

TEST(SipFramer, RefusesWhatItCannotFrame) {
  struct Case {
    const char* name;
    std::string bytes;
    std::string expected;
  };
  const Case cases[] = {
      {"no number", "A\r\nContent-Length: x\r\n\r\n", "bad_syntax"},
      {"negative", "A\r\nContent-Length: -1\r\n\r\n", "bad_syntax"},
      {"empty", "A\r\nContent-Length:\r\n\r\n", "bad_syntax"},
      {"two lengths", "A\r\nl: 1\r\nContent-Length: 2\r\n\r\n", "bad_syntax"},
      {"huge", "A\r\nl: 4000000000\r\n\r\n", "exhausted"},
      {"beyond 32 bits", "A\r\nl: 99999999999999999999\r\n\r\n", "bad_syntax"},
      {"just too large", "A\r\nl: 65530\r\n\r\n", "exhausted"},
      {"headers without end", std::string(64 * 1024, 'A'), "exhausted"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    SipFramer framer;
    framer.append(as_bytes(c.bytes));
    std::vector<std::string> found;
    take_all(framer, found);
    EXPECT_EQ(found, std::vector{c.expected});
  }
}

TEST(SipFramer, TakesTheSameLengthTwiceAndAMessageOf64KiB) {
  const std::string twice = "A\r\nl: 0\r\nContent-Length: 0\r\n\r\n";
  std::string large = "A\r\nl: 65521\r\n\r\n";
  large.resize(64 * 1024, 'x');
  SipFramer framer;
  std::vector<std::string> found;
  framer.append(as_bytes(twice + large));
  take_all(framer, found);
  EXPECT_EQ(found, (std::vector{twice, large}));
}

}  // namespace
}  // namespace sipcast
