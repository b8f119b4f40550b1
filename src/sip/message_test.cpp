#include "sip/message.hpp"

#include <gtest/gtest.h>

namespace sipcast::sip {
namespace {

const std::string kInvite =
    "INVITE sip:bob@example.com SIP/2.0\r\n"
    "v: SIP/2.0/UDP a.example.com:5062;branch=z9hG4bK1;rport , SIP / 2.0 / TCP "
    "b;branch=z9hG4bK0\r\n"
    "Max-Forwards: 70\r\n"
    "f: \"A. \\\"G.\\\" Bell, jr\" <sip:a@example.com>\r\n ;tag=x\r\n"
    "t: sip:bob@example.com;x=y\r\n"
    "i: 1@a\r\n"
    "CSeq: 0009\r\n\tINVITE\r\n"
    "m: <sip:a@1.2.3.4;transport=udp>, \"x, y\" <sip:b@[::1]:5070>\r\n"
    "c: application/sdp\r\n"
    "l: 4\r\n\r\nv=0\nrubbish";

Result<Received> receive(std::string_view text) {
  auto message = Message::parse(as_bytes(text), Framing::Datagram);
  if (!message) return std::unexpected(message.error());
  return Received::from_message(std::move(*message));
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(Message, ReadsCompactFormsFoldedLinesAndLists) {
  const auto received = receive(kInvite);
  ASSERT_TRUE(received) << received.error().cause;
  EXPECT_EQ(received->message.method, "INVITE");
  EXPECT_EQ(received->via.sent_by.host, "a.example.com");
  EXPECT_EQ(received->via.sent_by.port, 5062);
  EXPECT_EQ(received->branch(), "z9hG4bK1");
  EXPECT_EQ(received->message.values("Via").size(), 2u);
  EXPECT_EQ(received->from.display_name, "A. \"G.\" Bell, jr");
  EXPECT_EQ(received->from_tag(), "x");
  EXPECT_EQ(received->to.uri, "sip:bob@example.com");
  EXPECT_EQ(received->to.params.get("x"), "y");
  EXPECT_EQ(received->cseq, 9u);
  EXPECT_EQ(received->message.values("Contact").size(), 2u);
  EXPECT_EQ(received->message.body, "v=0\n");
  EXPECT_EQ(received->message.sdp(), "v=0\n");
}

TEST(Message, WritesWhatItReads) {
  const auto first = Message::parse(as_bytes(kInvite), Framing::Datagram);
  ASSERT_TRUE(first);
  const std::string wire = first->to_string();
  const auto second = Message::parse(as_bytes(wire), Framing::Stream);
  ASSERT_TRUE(second) << second.error().cause;
  EXPECT_EQ(second->to_string(), wire);
  EXPECT_EQ(second->body, "v=0\n");
}

TEST(Message, RejectsWhatRfc4475CallsInvalid) {
  struct Case {
    const char* name;
    std::string text;
    Errc expected;
  };
  const Case cases[] = {
      {"empty", "", Errc::Truncated},
      {"no end of headers", "INVITE sip:a@b SIP/2.0\r\nVia: x\r\n", Errc::Truncated},
      {"blank in the Request-URI", with(kInvite, "sip:bob@", "sip:bob @"), Errc::BadSyntax},
      {"Request-URI in brackets", with(kInvite, "sip:bob@example.com S", "<sip:bob@e> S"),
       Errc::BadSyntax},
      {"two blanks in the start line", with(kInvite, "INVITE sip", "INVITE  sip"), Errc::BadSyntax},
      {"another version", with(kInvite, "m SIP/2.0", "m SIP/7.0"), Errc::BadVersion},
      {"Content-Length too large", with(kInvite, "l: 4", "l: 9999"), Errc::Truncated},
      {"Content-Length negative", with(kInvite, "l: 4", "l: -4"), Errc::BadSyntax},
      {"Content-Length twice", with(kInvite, "l: 4", "l: 4\r\nl: 5"), Errc::BadSyntax},
      {"CSeq too large", with(kInvite, "0009", "36893488147419103232"), Errc::BadSyntax},
      {"CSeq of another method", with(kInvite, "\tINVITE", "\tOPTIONS"), Errc::BadSyntax},
      {"two From", with(kInvite, "i: 1@a", "From: <sip:b@c>\r\ni: 1@a"), Errc::BadSyntax},
      {"no Call-ID", with(kInvite, "i: 1@a\r\n", ""), Errc::BadSyntax},
      {"no Via", with(kInvite, "v: ", "x-v: "), Errc::BadSyntax},
      {"open quote in To", with(kInvite, "t: sip", "t: \"Mr. J <sip"), Errc::BadSyntax},
      {"open bracket in To", with(kInvite, "t: sip", "t: <sip"), Errc::BadSyntax},
      {"NUL in a header", with(kInvite, "70", std::string("7\0", 2)), Errc::BadSyntax},
      {"status 4294967301", "SIP/2.0 4294967301 better not\r\n\r\n", Errc::BadSyntax},
      {"only folded lines", "INVITE sip:a@b SIP/2.0\r\n x\r\n\r\n", Errc::BadSyntax},
      {"too large", std::string(70'000, 'x'), Errc::Exhausted},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto parsed = receive(c.text);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code, c.expected) << parsed.error().cause;
  }
}

TEST(Message, TakesOddButLegalOnes) {
  EXPECT_TRUE(receive(with(kInvite, "INVITE sip:bob", "INVITE sip:b%20ob;par=u%40")));
  const auto no_reason = Message::parse(as_bytes("SIP/2.0 100 \r\n\r\n"), Framing::Datagram);
  ASSERT_TRUE(no_reason);
  EXPECT_EQ(no_reason->status, 100);
  EXPECT_EQ(no_reason->reason, "");
  const auto utf8 = Message::parse(as_bytes("SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe\r\n\r\n"),
                                   Framing::Datagram);
  ASSERT_TRUE(utf8);
  EXPECT_TRUE(receive("\r\n\r\n" + kInvite));
}

TEST(Message, IgnoresFoldedLinesOfBlanksOnly) {
  const auto message = Message::parse(as_bytes("OPTIONS sip:a SIP/2.0\nFoo: 1\n \n\t\n 2\n  \n\n"),
                                      Framing::Datagram);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->get("Foo"), "1 2");
}

TEST(Message, KeepsStrangersFromAddingHeaders) {
  Message message;
  message.add("Contact", "x\r\nEvil: yes");
  EXPECT_EQ(message.get("Contact"), "x  Evil: yes");
}

TEST(FramedLength, WaitsForTheWholeMessage) {
  const std::string one = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nab";
  const std::string two = "\r\n" + one + one;
  EXPECT_EQ(framed_length(as_bytes(std::string_view(two).substr(0, 30))).value(), 0u);
  EXPECT_EQ(framed_length(as_bytes(std::string_view(two).substr(0, 2 + one.size() - 1))).value(),
            0u);
  EXPECT_EQ(framed_length(as_bytes(two)).value(), 2 + one.size());
  EXPECT_FALSE(framed_length(as_bytes("OPTIONS sip:a SIP/2.0\r\n\r\n")).has_value());
  EXPECT_FALSE(framed_length(as_bytes("OPTIONS sip:a SIP/2.0\r\nl: 99999\r\n\r\n")).has_value());
}

}  // namespace
}  // namespace sipcast::sip
