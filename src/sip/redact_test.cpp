#include "sip/redact.hpp"

#include <gtest/gtest.h>

#include "sip/raw_headers.hpp"

namespace sipcast::sip {
namespace {

TEST(Redact, ADigestKeepsWhatTellsWhyItFailedAndLosesWhatProvesThePassword) {
  const std::string message =
      "REGISTER sip:lab SIP/2.0\r\n"
      "Authorization: Digest username=\"alice\", realm=\"lab\", nonce=\"abc\", uri=\"sip:lab\",\r\n"
      " response=\"6629fae49393a05397450978507c4ef1\", qop=auth, nc=00000001, "
      "cnonce=\"0a4f113b\"\r\n"
      "Call-ID: 1\r\n\r\n";
  const std::string seen = redacted(message);
  EXPECT_EQ(seen.size(), message.size());
  EXPECT_TRUE(seen.contains("username=\"alice\", realm=\"lab\", nonce=\"abc\", uri=\"sip:lab\""));
  EXPECT_TRUE(seen.contains("qop=auth, nc=00000001"));
  EXPECT_FALSE(seen.contains("6629fae4"));
  EXPECT_FALSE(seen.contains("0a4f113b"));
  EXPECT_TRUE(seen.ends_with("Call-ID: 1\r\n\r\n"));
}

TEST(Redact, NoFormOfASecretStays) {
  const char* const kCases[] = {
      "proxy-authorization: Digest response=SECRET, username=\"a\"\r\n",
      "Authorization:Digest username=\"a\", response=\"SECRET\r\n",  // a quote that is not closed
      "Authorization: Basic SECRET==\r\n",
      "AUTHORIZATION\t: Bearer SECRET\r\n",
      "Authorization: Digest username=\"a\", Digest response=\"SECRET\"\r\n",
      "Authentication-Info: rspauth=\"SECRET\", qop=auth\r\n",
      "X-Auth-Token: SECRET\r\n",
      "Cookie: SECRET\r\n",
      "From: <sip:bob:SECRET@lab>;tag=1\r\n",
      "f: \"Bob\" <SIPS:bob:SECRET@lab>\r\n",
      "To: sip:bob;x=y:SECRET@lab\r\n",
  };
  for (const std::string header : kCases) {
    const std::string seen = redacted("INVITE sip:a:SECRET@b SIP/2.0\r\n" + header + "\r\n");
    EXPECT_FALSE(seen.contains("SECRET")) << seen;
    EXPECT_EQ(redacted(seen), seen);
  }
}

TEST(Redact, KeysOfMediaGoAndTheSdpStaysReadable) {
  const std::string seen = redacted(
      "SIP/2.0 200 OK\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:KEYKEYKEY|2^20|1:4;inline:KEYKEY\r\n"
      "a=Crypto:2 AES_CM_128_HMAC_SHA1_32 INLINE:KEYKEYKEY\n"
      "k=clear:KEY\na=key-mgmt:mikey KEY\na=ice-pwd:KEY\r\nm=audio 4000 RTP/SAVP 0\r\n");
  EXPECT_FALSE(seen.contains("KEY")) << seen;
  EXPECT_TRUE(seen.contains("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:xxxxxxxxx|2^20|1:4;"));
  EXPECT_TRUE(seen.contains("m=audio 4000 RTP/SAVP 0"));
}

TEST(Redact, DigitsInInfoGo) {
  const auto info = [](const std::string& type, const std::string& body) {
    return redacted("INFO sip:a@b SIP/2.0\r\n" + type + "\r\n\r\n" + body);
  };
  EXPECT_TRUE(info("Content-Type: application/dtmf-relay", "Signal= 7\r\nDuration=160\r\n")
                  .ends_with("Signal= *\r\nDuration=160\r\n"));
  EXPECT_TRUE(info("c: application/dtmf", "7").ends_with("\r\n\r\n*"));
  EXPECT_FALSE(info("Content-Type: multipart/mixed;boundary=x", "--x\r\n\r\nSignal=7\r\n--x--")
                   .contains('7'));
  EXPECT_TRUE(info("Content-Type: application/media_control+xml", "<picture_fast_update/>")
                  .ends_with("<picture_fast_update/>"));
}

TEST(RawHeaders, ValuesAreFoundByLongNameInAnyForm) {
  const std::string_view message =
      "\r\nBYE sip:a SIP/2.0\r\nrubbish\r\ni : 7@x\r\nVIA: a,\r\n\tb\r\n\r\nCSeq: no";
  EXPECT_EQ(raw_header(message, "Call-ID"), "7@x");
  EXPECT_EQ(raw_header(message, "Via"), "a,\r\n\tb");
  EXPECT_EQ(raw_header(message, "CSeq"), "");
  EXPECT_EQ(RawHeaders(message).start_line(), "BYE sip:a SIP/2.0");
}

}  // namespace
}  // namespace sipcast::sip
