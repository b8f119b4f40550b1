#include "sdp/session_description.hpp"

#include <gtest/gtest.h>

#include "sdp/test_offers.hpp"

namespace sipcast::sdp {
namespace {

constexpr std::string_view kHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n";

TEST(ParseSession, TakesEveryKindOfLineEnd) {
  for (const std::string_view end : {"\n", "\r\n", "\r"}) {
    std::string text;
    for (const char* line : {"v=0", "o=- 1 2 IN IP4 192.0.2.1", "s=x", "c=IN IP4 192.0.2.2",
                             "t=0 0", "a=ice-lite", "m=audio 4000/2 RTP/AVP 0 8", "a=mid:0"}) {
      text += line;
      text += end;
    }
    const auto session = parse_session(text);
    ASSERT_TRUE(session.has_value());
    EXPECT_EQ(session->origin, "- 1 2 IN IP4 192.0.2.1");
    EXPECT_EQ(session->connection, "IN IP4 192.0.2.2");
    EXPECT_NE(session->find("ice-lite"), nullptr);
    ASSERT_EQ(session->media.size(), 1u);
    EXPECT_EQ(session->media[0].port, 4000);
    EXPECT_EQ(session->media[0].formats, (std::vector<std::string>{"0", "8"}));
    EXPECT_EQ(*session->media[0].find("mid"), "0");
  }
}

TEST(ParseSession, SkipsWhatItDoesNotKnow) {
  const auto session = parse_session(std::string(kHead) +
                                     "y=unknown\r\nnonsense\r\n=\r\n\r\nm=audio 4 RTP/AVP 0\r\n"
                                     "q=1\r\nb=AS:64\r\na=x:1\x01\r\na=y: 2 \r\n");
  ASSERT_TRUE(session.has_value());
  const MediaDescription& media = session->media.at(0);
  EXPECT_EQ(media.others, std::vector<std::string>{"b=AS:64"});
  EXPECT_FALSE(media.has("x"));  // a control character
  EXPECT_EQ(*media.find("y"), "2");
}

TEST(ParseSession, RefusesWhatItCannotUse) {
  std::string many_media(kHead), many_lines(kHead), many_formats(kHead);
  for (int i = 0; i < 33; ++i) many_media += "m=audio 1 RTP/AVP 0\n";
  for (int i = 0; i < 2048; ++i) many_lines += "a=x\n";
  many_formats += "m=audio 1 RTP/AVP";
  for (int i = 0; i < 129; ++i) many_formats += " 0";
  const struct {
    const char* name;
    std::string text;
    Errc expected;
  } cases[] = {
      {"empty", "", Errc::BadSyntax},
      {"no v=", "o=- 1 1 IN IP4 192.0.2.1\r\n", Errc::BadSyntax},
      {"version 1", "v=1\r\n", Errc::BadSyntax},
      {"short m=", std::string(kHead) + "m=audio 1\r\n", Errc::BadSyntax},
      {"port too large", std::string(kHead) + "m=audio 65536 RTP/AVP 0\r\n", Errc::BadSyntax},
      {"port no number", std::string(kHead) + "m=audio x RTP/AVP 0\r\n", Errc::BadSyntax},
      {"too many m-lines", many_media, Errc::Exhausted},
      {"too many lines", many_lines, Errc::Exhausted},
      {"too many formats", many_formats, Errc::Exhausted},
      {"too large", "v=0\r\n" + std::string(64 * 1024, 'x'), Errc::Exhausted},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto parsed = parse_session(c.text);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code, c.expected);
  }
}

TEST(ToText, ReadsBackAsTheSame) {
  for (const char* offer :
       {testdata::kChromiumPlay, testdata::kChromiumPublish, testdata::kFirefoxLikePlay}) {
    const auto session = parse_session(offer);
    ASSERT_TRUE(session.has_value());
    const std::string once = to_text(*session);
    const auto again = parse_session(once);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(to_text(*again), once);
  }
}

TEST(ToText, GivesARealOfferBackLineForLine) {
  const auto session = parse_session(testdata::kChromiumPlay);
  ASSERT_TRUE(session.has_value());
  std::string text = to_text(*session);
  std::erase(text, '\r');
  std::string expected = testdata::kChromiumPlay;
  expected.erase(expected.find(" WMS"), 1);  // the one space that it writes behind a colon
  EXPECT_EQ(text, expected);
}

}  // namespace
}  // namespace sipcast::sdp
