#include "sip/digest.hpp"

#include <gtest/gtest.h>

namespace sipcast::sip {
namespace {

TEST(Digest, ComputesTheExamplesOfTheRfcs) {
  const DigestInput rfc7616{.username = "Mufasa",
                            .password = "Circle of Life",
                            .method = "GET",
                            .uri = "/dir/index.html",
                            .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                            .nc = 1};
  DigestChallenge challenge{.realm = "http-auth@example.org",
                            .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                            .opaque = {},
                            .algorithm_text = {},
                            .qop_auth = true};
  EXPECT_EQ(digest_response(challenge, rfc7616), "8ca523f5e9506fed4657c9700eebdbec");
  challenge.algorithm = DigestAlgorithm::Sha256;
  EXPECT_EQ(digest_response(challenge, rfc7616),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
  // RFC 2617 §3.5, and without qop RFC 2069 with its erratum.
  const DigestChallenge old{.realm = "testrealm@host.com",
                            .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                            .opaque = {},
                            .algorithm_text = {},
                            .qop_auth = true};
  const DigestInput rfc2617{.username = "Mufasa",
                            .password = "Circle Of Life",
                            .method = "GET",
                            .uri = "/dir/index.html",
                            .cnonce = "0a4f113b",
                            .nc = 1};
  EXPECT_EQ(digest_response(old, rfc2617), "6629fae49393a05397450978507c4ef1");
  DigestChallenge oldest = old;
  oldest.qop_auth = false;
  EXPECT_EQ(digest_response(oldest, rfc2617), "670fd8c2df070c60b045671b8b24ff02");
}

TEST(Digest, ReadsChallenges) {
  const auto challenge = DigestChallenge::parse(
      "Digest realm=\"a, \\\"b\\\"\" , nonce=\"n,=1\",qop=\"auth,auth-int\", "
      "algorithm=SHA-256-sess,"
      "opaque=\"\", stale=TRUE");
  ASSERT_TRUE(challenge) << challenge.error().cause;
  EXPECT_EQ(challenge->realm, "a, \"b\"");
  EXPECT_EQ(challenge->nonce, "n,=1");
  EXPECT_TRUE(challenge->qop_auth && challenge->session && challenge->stale);
  EXPECT_EQ(challenge->algorithm, DigestAlgorithm::Sha256);
  for (const char* bad : {"", "Basic realm=\"x\"", "Digest realm=\"x\"", "Digest nonce=\"x\"",
                          "Digest realm=\"x\", nonce=\"y\", algorithm=MD4",
                          "Digest realm=\"x\", nonce=\"y\", qop=\"auth-int\""}) {
    EXPECT_FALSE(DigestChallenge::parse(bad).has_value()) << bad;
  }
}

Message challenge_of(int status, std::initializer_list<const char*> values) {
  Message message;
  message.status = status;
  for (const char* value : values) {
    message.add(status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate", value);
  }
  return message;
}

TEST(DigestSession, PrefersSha256) {
  DigestSession session("u", "p", std::make_shared<std::string>());
  DigestTries tries;
  ASSERT_TRUE(session.challenged(
      challenge_of(401, {"Digest realm=\"lab\", nonce=\"1\", algorithm=XX",
                         "Digest realm=\"lab\", nonce=\"2\", algorithm=MD5",
                         "Digest realm=\"lab\", nonce=\"3\", algorithm=SHA-256, qop=\"auth\""}),
      tries, DigestSession::Learn::Yes));
  Message request;
  request.method = "INVITE";
  request.request_uri = "sip:x";
  session.authorize(request);
  EXPECT_NE(request.get("Authorization").find("nonce=\"3\""), std::string::npos);
  EXPECT_NE(request.get("Authorization").find("nc=00000001"), std::string::npos);
  session.authorize(request);
  EXPECT_NE(request.get("Authorization").find("nc=00000002"), std::string::npos);
  EXPECT_EQ(request.headers.size(), 1u);
}

TEST(DigestSession, AnswersOneRealmOnly) {
  const auto realm = std::make_shared<std::string>();
  DigestSession session("u", "p", realm);
  DigestTries tries;
  const auto lab = challenge_of(401, {"Digest realm=\"lab\", nonce=\"1\""});
  const auto evil = challenge_of(407, {"Digest realm=\"evil\", nonce=\"1\""});
  EXPECT_EQ(session.challenged(lab, tries, DigestSession::Learn::No).error().code, Errc::Forbidden);
  ASSERT_TRUE(session.challenged(lab, tries, DigestSession::Learn::Yes));
  EXPECT_EQ(session.challenged(evil, tries, DigestSession::Learn::Yes).error().code,
            Errc::Forbidden);
  DigestSession later("u", "p", realm);
  DigestTries fresh;
  EXPECT_FALSE(later.challenged(evil, fresh, DigestSession::Learn::Yes).has_value());
  EXPECT_TRUE(later.challenged(lab, fresh, DigestSession::Learn::No).has_value());
}

TEST(DigestSession, KnowsAWrongPasswordFromAStaleNonce) {
  DigestSession session("u", "secret", std::make_shared<std::string>());
  DigestTries tries;
  const auto fresh = challenge_of(401, {"Digest realm=\"lab\", nonce=\"1\""});
  const auto stale = challenge_of(401, {"Digest realm=\"lab\", nonce=\"2\", stale=true"});
  ASSERT_TRUE(session.challenged(fresh, tries, DigestSession::Learn::Yes));
  ASSERT_TRUE(session.challenged(stale, tries, DigestSession::Learn::Yes));
  const auto wrong = session.challenged(fresh, tries, DigestSession::Learn::Yes);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().cause,
            "wrong password: SIP 401 again after credentials for realm \"lab\"");
}

}  // namespace
}  // namespace sipcast::sip
