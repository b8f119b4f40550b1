#include "control/access/credentials.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

const std::string kHash =
    "$scrypt$ln=10,r=8,p=16$4e61436c$"
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162";

TEST(Credentials, FindUsersAndKeys) {
  const auto key = make_key("dialer", "scopes=calls,streams calls=10 calls_per_hour=100");
  ASSERT_TRUE(key.has_value()) << key.error().cause;
  const auto parsed =
      Credentials::parse("# people\nuser alice " + kHash + "\n\n  " + key->line + "  \r\n");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().cause;
  ASSERT_NE(parsed->find_user("alice"), nullptr);
  EXPECT_TRUE(parsed->find_user("alice")->principal->may(Scope::Admin));
  EXPECT_EQ(parsed->find_user("bob"), nullptr);
  const PrincipalPtr dialer = parsed->find_key(key->token);
  ASSERT_NE(dialer, nullptr);
  EXPECT_EQ(dialer->name, "key dialer");
  EXPECT_EQ(dialer->max_calls, 10u);
  EXPECT_EQ(dialer->calls_per_hour, 100u);
  EXPECT_TRUE(dialer->may(Scope::Calls) && dialer->may(Scope::Streams));
  EXPECT_FALSE(dialer->may(Scope::Admin));
  for (const std::string& wrong : {key->token + "x", key->token.substr(0, key->token.size() - 1),
                                   std::string("sipcast_dialer_"), std::string("sipcast_nobody_x"),
                                   std::string("dialer"), std::string()}) {
    EXPECT_EQ(parsed->find_key(wrong), nullptr) << wrong;
  }
}

TEST(Credentials, KeepNoKeyInTheFile) {
  const auto key = make_key("a", "scopes=admin");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->line.find(key->token.substr(10)), std::string::npos);
}

TEST(Credentials, RefuseWhatIsWrongNamingTheLine) {
  const std::string sum(64, 'a');
  struct Case {
    std::string text, said;
  };
  for (const Case& c : std::vector<Case>{
           {"alice " + kHash, "line 1: \"alice\""},
           {"\nuser al/ice " + kHash, "line 2: \"al/ice\""},
           {"user alice secret", "line 1: the hash"},
           {"user alice " + kHash + " more", "more"},
           {"user a " + kHash + "\nuser a " + kHash, "line 2"},
           {"key a_b " + sum + " scopes=calls", "a_b"},
           {"key a " + sum, "no scopes="},
           {"key a " + sum + " scopes=", "scopes="},
           {"key a " + sum + " scopes=calls,root", "scopes=calls,root"},
           {"key a " + sum + " scopes=calls calls=-1", "calls=-1"},
           {"key a " + sum + " scopes=calls colour=red", "colour=red"},
           {"key a short scopes=calls", "64 hexadecimal"},
           {"key a " + sum + " scopes=calls\nkey a " + sum + " scopes=calls", "line 2"}}) {
    const auto parsed = Credentials::parse(c.text);
    ASSERT_FALSE(parsed.has_value()) << c.text;
    EXPECT_NE(parsed.error().cause.find(c.said), std::string::npos) << parsed.error().cause;
  }
  EXPECT_FALSE(make_key("a b", "scopes=calls").has_value());
  EXPECT_FALSE(make_key("a", "scopes=calls\nuser").has_value());
  EXPECT_FALSE(make_user_line("a b", "x").has_value());
  EXPECT_FALSE(make_user_line("a", "").has_value());
}

TEST(Credentials, LinesAreReplacedInTheirPlace) {
  EXPECT_EQ(with_line("", "user", "a", "user a 1"), "user a 1\n");
  const std::string text = "# x\nuser a 1\nkey a 2\nuser b 3\n";
  EXPECT_EQ(with_line(text, "user", "a", "user a 9"), "# x\nuser a 9\nkey a 2\nuser b 3\n");
  EXPECT_EQ(with_line(text, "user", "c", "user c 4"), text + "user c 4\n");
  EXPECT_EQ(with_line(text, "key", "a", ""), "# x\nuser a 1\nuser b 3\n");
  EXPECT_EQ(with_line("user a 1", "user", "b", "user b 2"), "user a 1\nuser b 2\n");
}

}  // namespace
}  // namespace sipcast
