#include "sip/digest_verifier.hpp"

#include <gtest/gtest.h>

#include "sip/digest.hpp"

namespace sipcast::sip {
namespace {
using namespace std::chrono_literals;
using Verdict = DigestVerifier::Verdict;

constexpr char kUri[] = "sip:cam1@192.0.2.1";
const Instant kNow = Instant(1000s);

DigestVerifier verifier(size_t max_nonces = 100) {
  return DigestVerifier(
      {.realm = "lab", .users = {{"alice", "secret"}, {"bob", "other"}}, .max_nonces = max_nonces});
}

/// What our own client answers to challenge `which`.
std::string answer(const DigestVerifier& server, size_t which, uint32_t nc = 1,
                   std::string_view password = "secret", std::string_view user = "alice",
                   Instant asked = kNow) {
  const auto challenge = DigestChallenge::parse(server.challenges(false, asked).at(which));
  return digest_authorization(*challenge, {.username = user,
                                           .password = password,
                                           .method = "INVITE",
                                           .uri = kUri,
                                           .cnonce = "c",
                                           .nc = nc});
}

TEST(DigestVerifier, BothAlgorithmsAreTakenAndAWrongPasswordIsNot) {
  DigestVerifier server = verifier();
  EXPECT_EQ(server.check("", "INVITE", kUri, kNow).verdict, Verdict::NoCredentials);
  const auto sha = server.check(answer(server, 0), "INVITE", kUri, kNow + 1s);
  EXPECT_EQ(sha.verdict, Verdict::Good);
  EXPECT_EQ(sha.user, "alice");
  EXPECT_EQ(server.check(answer(server, 1, 2), "INVITE", kUri, kNow).verdict, Verdict::Good);
  EXPECT_TRUE(server.challenges(false, kNow)[0].contains("SHA-256"));
  EXPECT_TRUE(server.challenges(true, kNow)[1].ends_with("stale=true"));
  for (const std::string& wrong :
       {answer(server, 0, 3, "guess"), answer(server, 0, 3, "secret", "bob"),
        answer(server, 0, 3, "secret", "mallory"), std::string("Digest username=\"alice\""),
        std::string("Basic YWxpY2U6c2VjcmV0")}) {
    EXPECT_EQ(server.check(wrong, "INVITE", kUri, kNow).verdict, Verdict::Wrong) << wrong;
  }
  const std::string good = answer(server, 0, 3);
  EXPECT_EQ(server.check(good, "BYE", kUri, kNow).verdict, Verdict::Wrong);
  EXPECT_EQ(server.check(good, "INVITE", "sip:other@192.0.2.1", kNow).verdict, Verdict::Wrong);
  EXPECT_EQ(server.check(good, "INVITE", "sip:cam1@pbx;x=y", kNow).verdict, Verdict::Good);
}

TEST(DigestVerifier, NothingCanBePlayedAgain) {
  DigestVerifier server = verifier();
  const std::string first = answer(server, 0);
  EXPECT_EQ(server.check(first, "INVITE", kUri, kNow).verdict, Verdict::Good);
  EXPECT_EQ(server.check(first, "INVITE", kUri, kNow).verdict, Verdict::Stale);
  EXPECT_EQ(server.check(answer(server, 0, 7), "INVITE", kUri, kNow).verdict, Verdict::Good);
  EXPECT_EQ(server.check(answer(server, 0, 6), "INVITE", kUri, kNow).verdict, Verdict::Stale);
}

TEST(DigestVerifier, OldAndForeignAndForgottenNoncesAreStale) {
  DigestVerifier server = verifier(2), other = verifier();
  EXPECT_EQ(server.check(answer(server, 0), "INVITE", kUri, kNow + 61s).verdict, Verdict::Stale);
  EXPECT_EQ(server.check(answer(other, 0), "INVITE", kUri, kNow).verdict, Verdict::Stale);
  for (int i = 0; i < 4; ++i) {
    const Instant at = kNow + i * 1ms;
    const std::string value = answer(server, 0, 1, "secret", "alice", at);
    EXPECT_EQ(server.check(value, "INVITE", kUri, at).verdict, Verdict::Good);
  }
  EXPECT_EQ(server.check(answer(server, 0), "INVITE", kUri, kNow + 1s).verdict, Verdict::Stale);
}

TEST(DigestVerifier, UsersAreReadAndAFaultDoesNotShowThePassword) {
  const auto users = DigestVerifier::parse_users("alice:se:cret, bob:x,");
  ASSERT_TRUE(users);
  ASSERT_EQ(users->size(), 2u);
  EXPECT_EQ(users->front().password, "se:cret");
  const auto wrong = DigestVerifier::parse_users("alice:x, secret-without-name");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().cause, "entry 2 is not name:password");
}

}  // namespace
}  // namespace sipcast::sip
