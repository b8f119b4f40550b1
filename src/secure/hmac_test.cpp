#include "secure/hmac.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace sipcast {
namespace {

TEST(Hmac, GivesTheDigestsOfRfc4231) {
  const auto hex = [](BytesView key, std::string_view text) {
    return to_hex(as_text(hmac_sha256(key, as_bytes(text))));
  };
  EXPECT_EQ(hex(Bytes(20, 0x0b), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(as_bytes("Jefe"), "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(Bytes(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, SecretsAreTheSameOnlyWithTheSameBytes) {
  EXPECT_TRUE(same_secret({}, {}));
  EXPECT_TRUE(same_secret(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(same_secret(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(same_secret(as_bytes("abc"), as_bytes("ab")));
}

}  // namespace
}  // namespace sipcast
