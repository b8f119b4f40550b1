#include "sip/uri.hpp"

#include <gtest/gtest.h>

namespace sipcast::sip {
namespace {

TEST(Uri, KeepsEveryPart) {
  for (const char* text :
       {"sip:alice@atlanta.com", "sip:alice:secret@atlanta.com;transport=tcp",
        "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:+1-212-555-1212:1234@gateway.com;user=phone", "sip:1212@gateway.com",
        "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
        "sip:alice@[2001:db8::9:1]:5070;lr", "sip:alice;day=tuesday@atlanta.com",
        "sip:%61lice@a-b_c.d:65535"}) {
    SCOPED_TRACE(text);
    const auto uri = Uri::parse(text);
    ASSERT_TRUE(uri) << uri.error().cause;
    EXPECT_EQ(uri->to_string(), text);
  }
}

TEST(Uri, RefusesWhatIsNone) {
  for (const char* text : {"", "sip:", "tel:123", "sip:@host", "sip:a@", "sip:a@b:0",
                           "sip:a@b:70000", "sip:a@b:", "sip:a b@c", "sip:a@[::1", "sip:a@b@c",
                           "sip:a@b<", "alice", "sip:a@[]", "sip:a@b\r\nX: y"}) {
    EXPECT_FALSE(Uri::parse(text).has_value()) << text;
  }
}

TEST(NameAddr, TellsParametersOfHeaderAndUriApart) {
  const auto bare = NameAddr::parse("sip:a@b;tag=1");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->uri, "sip:a@b");
  EXPECT_EQ(bare->params.get("TAG"), "1");
  const auto full = NameAddr::parse("\"<x>;, \\\\\" <sip:a@b;lr>;tag=2;x=\"a;b\"");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->display_name, "<x>;, \\");
  EXPECT_EQ(full->uri, "sip:a@b;lr");
  EXPECT_EQ(full->params.get("tag"), "2");
  EXPECT_EQ(full->params.get("x"), "\"a;b\"");
  EXPECT_TRUE(NameAddr::parse("Bob Miller <tel:+123>"));
  for (const char* text : {"", "\"x\"", "<sip:a@b", "\"x\" y <sip:a@b>", "<>", "a b <x>"}) {
    EXPECT_FALSE(NameAddr::parse(text).has_value()) << text;
  }
}

TEST(NameAddr, QuotesTheDisplayName) {
  const NameAddr name{.display_name = "A \"B\" \\\r\n", .uri = "sip:a@b", .params = {}};
  EXPECT_EQ(name.to_string(), "\"A \\\"B\\\" \\\\  \" <sip:a@b>");
  EXPECT_EQ(unescape(escape_user("a b#\xff")), "a b#\xff");
  EXPECT_EQ(escape_user("a b#"), "a%20b%23");
}

}  // namespace
}  // namespace sipcast::sip
