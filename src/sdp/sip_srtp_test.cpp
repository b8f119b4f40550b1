#include "sdp/sip_srtp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sipcast::sdp {
namespace {

using testing::HasSubstr;
using testing::Not;

SipLocal side(SrtpMode mode, const char* ip) {
  return {.ip = ip,
          .audio_port = 30000,
          .video_port = 30002,
          .srtp = mode,
          .audio_keys = {random_key(SrtpSuite::Sha1_80), random_key(SrtpSuite::Sha1_32)},
          .video_keys = {random_key(SrtpSuite::Sha1_80), random_key(SrtpSuite::Sha1_32)},
          .dtls_fingerprint = std::string("sha-256 AB:") + ip};
}

std::string without(std::string text, const std::string& piece) {
  for (size_t at = text.find(piece); at != std::string::npos; at = text.find(piece)) {
    text.erase(at, text.find('\n', at) + 1 - at);
  }
  return text;
}

TEST(SipSrtp, OffersWhatTheModeSays) {
  const std::string off = make_offer(side(SrtpMode::Off, "192.0.2.1"));
  EXPECT_THAT(off, Not(HasSubstr("crypto")));
  EXPECT_THAT(off, HasSubstr("m=audio 30000 RTP/AVP "));
  const std::string optional = make_offer(side(SrtpMode::Optional, "192.0.2.1"));
  EXPECT_THAT(optional, HasSubstr("m=audio 30000 RTP/AVP "));
  EXPECT_THAT(optional, HasSubstr("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"));
  EXPECT_THAT(optional, HasSubstr("a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:"));
  EXPECT_THAT(make_offer(side(SrtpMode::Required, "192.0.2.1")),
              HasSubstr("m=video 30002 RTP/SAVP "));
}

TEST(SipSrtp, DtlsIsOfferedByItsModeAndTakenByAllButOff) {
  const SipLocal us = side(SrtpMode::Dtls, "192.0.2.1");
  const std::string offer = make_offer(us);
  EXPECT_THAT(offer, HasSubstr("m=video 30002 UDP/TLS/RTP/SAVP "));
  EXPECT_THAT(offer, HasSubstr("a=setup:actpass"));
  EXPECT_THAT(offer, Not(HasSubstr("crypto")));
  EXPECT_FALSE(make_answer(offer, side(SrtpMode::Off, "192.0.2.2")));
  EXPECT_THAT(make_answer(make_offer(side(SrtpMode::Required, "192.0.2.2")), us).error().cause,
              HasSubstr("sip.srtp = dtls"));
  for (const SrtpMode mode : {SrtpMode::Optional, SrtpMode::Required, SrtpMode::Dtls}) {
    const auto answer = make_answer(offer, side(mode, "192.0.2.2"));
    ASSERT_TRUE(answer) << answer.error().cause;
    EXPECT_THAT(answer->sdp, HasSubstr("a=setup:passive"));
    EXPECT_EQ(answer->agreement.audio->dtls,
              (DtlsPeer{.fingerprint = "sha-256 AB:192.0.2.1", .passive = false}));
    EXPECT_FALSE(answer->agreement.audio->srtp);
    const auto agreed = read_answer(answer->sdp, us);
    ASSERT_TRUE(agreed);
    EXPECT_EQ(agreed->video->dtls,
              (DtlsPeer{.fingerprint = "sha-256 AB:192.0.2.2", .passive = true}));
    EXPECT_TRUE(agreed->video->rtcp_mux);
  }
}

TEST(SipSrtp, WhatAPeerMaySayOfItsHandshake) {
  const SipLocal us = side(SrtpMode::Dtls, "192.0.2.1");
  const auto answer = [&](const std::string& attributes) {
    return make_answer("v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n" +
                           attributes + "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n",
                       us);
  };
  const std::string print = "a=fingerprint:SHA-256 AA:BB\r\n";
  const auto waits = answer(print + "a=setup:passive\r\n");  // for the session: all its lines
  ASSERT_TRUE(waits);
  EXPECT_TRUE(waits->agreement.audio->dtls->passive);
  EXPECT_THAT(waits->sdp, HasSubstr("a=setup:active"));
  EXPECT_FALSE(waits->agreement.audio->rtcp_mux);
  ASSERT_TRUE(answer(print));
  EXPECT_FALSE(answer(print)->agreement.audio->dtls->passive);
  EXPECT_THAT(answer(print + "a=setup:holdconn\r\n").error().cause, HasSubstr("holdconn"));
  EXPECT_THAT(answer("").error().cause, HasSubstr("without an a=fingerprint"));
  EXPECT_THAT(answer("a=fingerprint:md5 AA\r\n").error().cause, HasSubstr("a=fingerprint"));
}

TEST(SipSrtp, AgreesBetweenOurOwnTwoSides) {
  constexpr SrtpMode kModes[] = {SrtpMode::Off, SrtpMode::Optional, SrtpMode::Required};
  for (const SrtpMode caller : kModes) {
    for (const SrtpMode callee : kModes) {
      SCOPED_TRACE(static_cast<int>(caller) * 10 + static_cast<int>(callee));
      const SipLocal us = side(caller, "192.0.2.1");
      const SipLocal phone = side(callee, "192.0.2.2");
      const auto answer = make_answer(make_offer(us), phone);
      const bool refused = (caller == SrtpMode::Off && callee == SrtpMode::Required) ||
                           (caller == SrtpMode::Required && callee == SrtpMode::Off);
      ASSERT_EQ(answer.has_value(), !refused);
      if (refused) {
        EXPECT_EQ(answer.error().code, Errc::NoCommonCodec);
        EXPECT_THAT(answer.error().cause, HasSubstr("m=video"));
        continue;
      }
      const auto agreed = read_answer(answer->sdp, us);
      ASSERT_TRUE(agreed) << agreed.error().cause;
      const bool secure = caller != SrtpMode::Off && callee != SrtpMode::Off;
      ASSERT_EQ(agreed->video->srtp.has_value(), secure);
      ASSERT_EQ(answer->agreement.video->srtp.has_value(), secure);
      if (!secure) continue;
      EXPECT_EQ(agreed->video->srtp->send, answer->agreement.video->srtp->receive);
      EXPECT_EQ(agreed->video->srtp->receive, answer->agreement.video->srtp->send);
      EXPECT_FALSE(agreed->video->srtp->send == agreed->audio->srtp->send);
    }
  }
}

TEST(SipSrtp, TakesTheSecondSuiteWhenThePeerHasOnlyThat) {
  const SipLocal us = side(SrtpMode::Required, "192.0.2.1");
  const std::string offer = without(make_offer(us), "a=crypto:1 ");
  const auto answer = make_answer(offer, side(SrtpMode::Required, "192.0.2.2"));
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->sdp, HasSubstr("a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:"));
  EXPECT_EQ(read_answer(answer->sdp, us)->audio->srtp->send, us.audio_keys[1]);
}

TEST(SipSrtp, RefusesAnswersThatBreakTheRule) {
  const SipLocal us = side(SrtpMode::Required, "192.0.2.1");
  const std::string answer =
      make_answer(make_offer(us), side(SrtpMode::Required, "192.0.2.2"))->sdp;
  const auto plain = read_answer(without(answer, "a=crypto"), us);
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().cause, "m=video (line 12): RTP/SAVP without a key for SRTP");
  std::string other = answer;
  for (size_t at = 0; (at = other.find("crypto:1", at)) != std::string::npos;) other[at + 7] = '3';
  const auto tag = read_answer(other, us);
  ASSERT_FALSE(tag);
  EXPECT_THAT(tag.error().cause, HasSubstr("a tag or suite that was not offered"));
}

}  // namespace
}  // namespace sipcast::sdp
