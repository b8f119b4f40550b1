#include "secure/certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "base/text.hpp"

namespace sipcast {
namespace {

TEST(CertificateFingerprint, MatchesWhateverItsLetterCase) {
  const auto certificate = Certificate::make_self_signed();
  ASSERT_TRUE(certificate);
  const std::string fingerprint = fingerprint_of(*certificate->x509);
  EXPECT_EQ(fingerprint.size(), 8 + 32 * 3 - 1u);
  EXPECT_TRUE(fingerprint_matches(*certificate->x509, fingerprint));
  EXPECT_TRUE(fingerprint_matches(*certificate->x509, to_lower(fingerprint)));
  EXPECT_FALSE(fingerprint_matches(*certificate->x509, fingerprint.substr(0, 50)));
  EXPECT_FALSE(fingerprint_matches(*certificate->x509, fingerprint.substr(8)));
  EXPECT_FALSE(fingerprint_matches(*certificate->x509, "md5 " + fingerprint.substr(8)));
  EXPECT_FALSE(fingerprint_matches(*certificate->x509, "sha-1 " + fingerprint.substr(8)));
  EXPECT_FALSE(fingerprint_matches(*certificate->x509, ""));
}

TEST(CertificateFingerprint, DiffersFromCertificateToCertificate) {
  const auto one = Certificate::make_self_signed();
  const auto two = Certificate::make_self_signed();
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(fingerprint_matches(*one->x509, fingerprint_of(*two->x509)));
}

}  // namespace
}  // namespace sipcast
