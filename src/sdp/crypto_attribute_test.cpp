#include "sdp/crypto_attribute.hpp"

#include <gtest/gtest.h>

namespace sipcast::sdp {
namespace {

// RFC 4568 §6.1 and §9.1, with a key of ours: 0x00 to 0x1d.
const std::string kKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";

TEST(CryptoAttribute, IsReadWithAndWithoutLifetimeAndParameters) {
  for (const std::string& text :
       {"1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey,
        "1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey + "|2^20",
        "1  aes_cm_128_hmac_sha1_80 INLINE:" + kKey + "|1048576 WSH=128 -future KDR=0 "}) {
    SCOPED_TRACE(text);
    const auto crypto = parse_crypto(text);
    ASSERT_TRUE(crypto) << crypto.error().cause;
    EXPECT_EQ(crypto->tag, 1u);
    EXPECT_EQ(crypto->key.suite, SrtpSuite::Sha1_80);
    EXPECT_EQ(crypto->key.key[15], 15);
    EXPECT_EQ(crypto->key.salt[0], 16);
    EXPECT_EQ(crypto->key.salt[13], 29);
    EXPECT_EQ(to_text(*crypto), "1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey);
  }
  EXPECT_EQ(parse_crypto("999999999 AES_CM_128_HMAC_SHA1_32 inline:" + kKey)->key.suite,
            SrtpSuite::Sha1_32);
}

TEST(CryptoAttribute, ThatIsNotOursIsRefusedWithoutAByteOfTheKey) {
  struct Case {
    std::string text;
    Errc code;
  };
  const std::string suite = "AES_CM_128_HMAC_SHA1_80";
  const Case cases[] = {
      {"", Errc::BadSyntax},
      {"1 " + suite, Errc::BadSyntax},
      {"x " + suite + " inline:" + kKey, Errc::BadSyntax},
      {"1000000000 " + suite + " inline:" + kKey, Errc::BadSyntax},
      {"1 AEAD_AES_256_GCM inline:" + kKey, Errc::Unsupported},
      {"1 F8_128_HMAC_SHA1_80 inline:" + kKey, Errc::Unsupported},
      {"1 " + suite + " http://keys.example/" + kKey, Errc::Unsupported},
      {"1 " + suite + " inline:" + kKey + "|2^20|1:4", Errc::Unsupported},
      {"1 " + suite + " inline:" + kKey + "|1:4", Errc::Unsupported},
      {"1 " + suite + " inline:" + kKey + ";inline:" + kKey, Errc::Unsupported},
      {"1 " + suite + " inline:" + kKey.substr(4), Errc::BadSyntax},
      {"1 " + suite + " inline:" + kKey + "AAAA", Errc::BadSyntax},
      {"1 " + suite + " inline:!" + kKey, Errc::BadSyntax},
      {"1 " + suite + " inline:" + kKey + " UNENCRYPTED_SRTP", Errc::Unsupported},
      {"1 " + suite + " inline:" + kKey + " KDR=1", Errc::Unsupported},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto crypto = parse_crypto(c.text);
    ASSERT_FALSE(crypto);
    EXPECT_EQ(crypto.error().code, c.code);
    EXPECT_TRUE(crypto.error().cause.starts_with("a=crypto: "));
    EXPECT_EQ(crypto.error().cause.find(kKey.substr(0, 8)), std::string::npos);
  }
}

TEST(CryptoAttribute, RandomKeysDifferAndComeBack) {
  const SdesKey a = random_key(SrtpSuite::Sha1_32);
  EXPECT_FALSE(a == random_key(SrtpSuite::Sha1_32));
  EXPECT_EQ(parse_crypto(to_text({.tag = 2, .key = a}))->key, a);
}

}  // namespace
}  // namespace sipcast::sdp
