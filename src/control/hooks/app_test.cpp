#include "control/hooks/app.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace sipcast {
namespace {

constexpr std::string_view kApp =
    R"({"appKey":"shop","url":"https://b.example/hooks/","methods":["connect","playStream"],
        "restUsername":"u","restPassword":"p","secret":"s","restOnError":"log","name":"Shop"})";

std::string apps_of(std::string_view app) { return R"({"apps":[)" + std::string(app) + "]}"; }

TEST(App, IsReadAndWritten) {
  const auto apps = parse_apps(apps_of(kApp));
  ASSERT_TRUE(apps.has_value()) << apps.error().cause;
  ASSERT_EQ(apps->size(), 1u);
  const App& app = apps->front();
  EXPECT_EQ(app.key, "shop");
  EXPECT_EQ(app.url.to_string(), "https://b.example:443/hooks");
  EXPECT_TRUE(app.wants("connect"));
  EXPECT_FALSE(app.wants("playHLS"));
  EXPECT_EQ(app.on_error, OnError::Log);
  const auto again = parse_app(app_to_json(app, Secrets::Shown));
  ASSERT_TRUE(again.has_value()) << again.error().cause;
  EXPECT_EQ(again->rest_password, "p");
  EXPECT_EQ(again->secret, "s");
}

TEST(App, ShowsNoSecrets) {
  const auto apps = parse_apps(apps_of(kApp));
  ASSERT_TRUE(apps.has_value());
  const auto shown = app_to_json(apps->front(), Secrets::Hidden);
  EXPECT_FALSE(shown.contains("restPassword"));
  EXPECT_FALSE(shown.contains("secret"));
  EXPECT_TRUE(shown.at("hasRestPassword").as_bool());
  EXPECT_TRUE(shown.at("signed").as_bool());
}

TEST(App, ErrorsNameTheField) {
  struct Case {
    std::string app, field;
  };
  for (
      const Case& c : std::vector<Case>{
          {R"({"url":"http://a","methods":[]})", "appKey"},
          {R"({"appKey":"a","methods":[]})", "url"},
          {R"({"appKey":"a","url":"ftp://a","methods":[]})", "url: does not begin with"},
          {R"({"appKey":"a","url":"http://a"})", "methods"},
          {R"({"appKey":"a","url":"http://a","methods":"connect"})", "methods"},
          {R"({"appKey":"a","url":"http://a","methods":[1]})", "methods"},
          {R"({"appKey":"a","url":"http://a","methods":["dance"]})", "\"dance\""},
          {R"({"appKey":"a","url":"http://a","methods":[],"restOnError":"x"})", "restOnError"},
          {R"({"appKey":"a","url":"http://a","methods":[]},{"appKey":"a","url":"http://a","methods":[]})",
           "two apps"},
          {"5", "objects"}}) {
    const auto apps = parse_apps(apps_of(c.app));
    ASSERT_FALSE(apps.has_value()) << c.app;
    EXPECT_NE(apps.error().cause.find(c.field), std::string::npos) << apps.error().cause;
  }
  EXPECT_FALSE(parse_apps(R"({"apps":{}})").has_value());
  EXPECT_FALSE(parse_apps("[]").has_value());
  EXPECT_TRUE(parse_apps("").value().empty());
}

}  // namespace
}  // namespace sipcast
