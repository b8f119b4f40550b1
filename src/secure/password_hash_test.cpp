#include "secure/password_hash.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

constexpr PasswordHash::Cost kCheap{.log_n = 10, .r = 1, .p = 1};

TEST(PasswordHash, TellsTheRightPasswordFromOthers) {
  const auto hash = PasswordHash::parse(PasswordHash::make("käse 7", kCheap).to_string());
  ASSERT_TRUE(hash.has_value()) << hash.error().cause;
  EXPECT_TRUE(hash->verify("käse 7"));
  for (const char* wrong : {"", "käse 8", "käse 7 ", "Käse 7"}) EXPECT_FALSE(hash->verify(wrong));
}

TEST(PasswordHash, EachHasASaltOfItsOwn) {
  EXPECT_NE(PasswordHash::make("same", kCheap).to_string(),
            PasswordHash::make("same", kCheap).to_string());
}

TEST(PasswordHash, GivesTheKeyOfRfc7914) {
  // §12, the second vector, cut at the 32 bytes that are kept.
  const auto hash = PasswordHash::parse(
      "$scrypt$ln=10,r=8,p=16$4e61436c$"
      "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731"
      "62");
  ASSERT_TRUE(hash.has_value()) << hash.error().cause;
  EXPECT_TRUE(hash->verify("password"));
}

TEST(PasswordHash, RefusesWhatIsNone) {
  const std::string hash(64, 'a');
  for (const std::string& text :
       {std::string(), std::string("$scrypt$"), "$argon2$ln=10,r=8,p=1$aa$" + hash,
        "$scrypt$ln=10,r=8$aa$" + hash, "$scrypt$ln=9,r=8,p=1$aa$" + hash,
        "$scrypt$ln=30,r=8,p=1$aa$" + hash, "$scrypt$ln=10,r=0,p=1$aa$" + hash,
        "$scrypt$ln=10,r=8,p=1$$" + hash, "$scrypt$ln=10,r=8,p=1$a$" + hash,
        "$scrypt$ln=10,r=8,p=1$zz$" + hash, std::string("$scrypt$ln=10,r=8,p=1$aa$abcd"),
        "$scrypt$ln=10,r=8,p=1$aa$" + hash + "aa", "$scrypt$ln=10,r=8,p=1$aa$" + hash + "$"}) {
    EXPECT_FALSE(PasswordHash::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sipcast
