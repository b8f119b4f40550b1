#include "control/hooks/app.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/hooks/hook_names.hpp"
#include "control/rest/json_fields.hpp"

namespace sipcast {
namespace {
namespace json = boost::json;

constexpr size_t kMaxApps = 1000;

std::unexpected<Error> bad(std::string_view field, std::string_view why) {
  return fail(Errc::InvalidArgument, fmt::format("{}: {}", field, why));
}

Result<std::set<std::string, std::less<>>> parse_methods(const json::object& object) {
  const json::value* value = object.if_contains("methods");
  if (!value || !value->is_array()) return bad("methods", "must be a list of hooks");
  std::set<std::string, std::less<>> methods;
  for (const json::value& item : value->get_array()) {
    if (!item.is_string()) return bad("methods", "must hold names of hooks");
    const std::string name(item.get_string());
    if (!hook_type(name)) return bad("methods", "knows no hook \"" + printable(name, 60) + "\"");
    methods.insert(name);
  }
  return methods;
}

}  // namespace

std::optional<OnError> parse_on_error(std::string_view text) {
  if (text.empty()) return OnError::Unset;
  if (iequals(text, "LOG")) return OnError::Log;
  if (iequals(text, "FAIL")) return OnError::Fail;
  return {};
}

Result<App> parse_app(const json::object& object) {
  const rest::JsonFields fields(object);
  App app;
  std::optional<Error> error;
  std::optional<std::string> name, user, password, secret, on_error;
  std::string url;
  const auto take = [&](auto result, auto& into) {
    if (result) {
      into = std::move(*result);
    } else if (!error) {
      error = result.error();
    }
  };
  take(fields.required_text("appKey", 128), app.key);
  take(fields.required_text("url", 2048), url);
  take(fields.text("name"), name);
  take(fields.text("restUsername"), user);
  take(fields.text("restPassword"), password);
  take(fields.text("secret"), secret);
  take(fields.text("restOnError"), on_error);
  if (error) return std::unexpected(*error);
  auto parsed = fetch::HttpUrl::parse(url);
  if (!parsed) return bad("url", parsed.error().cause);
  app.url = std::move(*parsed);
  auto methods = parse_methods(object);
  if (!methods) return std::unexpected(methods.error());
  app.methods = std::move(*methods);
  const auto parsed_on_error = parse_on_error(on_error.value_or(""));
  if (!parsed_on_error) return bad("restOnError", "must be LOG or FAIL");
  app.on_error = *parsed_on_error;
  app.name = name.value_or("");
  app.rest_username = user.value_or("");
  app.rest_password = password.value_or("");
  app.secret = secret.value_or("");
  return app;
}

Result<std::vector<App>> parse_apps(std::string_view text) {
  const auto fields = rest::JsonFields::parse(text);
  if (!fields) return std::unexpected(fields.error());
  const json::value* list = fields->object().if_contains("apps");
  if (!list) return std::vector<App>{};
  if (!list->is_array()) return bad("apps", "must be a list");
  if (list->get_array().size() > kMaxApps) return bad("apps", "has more than 1000");
  std::vector<App> apps;
  std::set<std::string> keys;
  for (const json::value& item : list->get_array()) {
    if (!item.is_object()) return bad("apps", "must be a list of objects");
    auto app = parse_app(item.get_object());
    if (!app) {
      return fail(app.error().code,
                  fmt::format("the app number {}: {}", apps.size() + 1, app.error().cause));
    }
    if (!keys.insert(app->key).second) {
      return bad("appKey", "two apps are called \"" + printable(app->key, 60) + "\"");
    }
    apps.push_back(std::move(*app));
  }
  return apps;
}

json::object app_to_json(const App& app, Secrets secrets) {
  json::array methods;
  for (const std::string& method : app.methods) methods.emplace_back(method);
  json::object object{{"appKey", app.key},
                      {"name", app.name},
                      {"url", app.url.to_string()},
                      {"methods", std::move(methods)},
                      {"restUsername", app.rest_username}};
  if (secrets == Secrets::Shown) {
    object["restPassword"] = app.rest_password;
    object["secret"] = app.secret;
  } else {
    object["hasRestPassword"] = !app.rest_password.empty();
    object["signed"] = !app.secret.empty();
  }
  object["restOnError"] = app.on_error == OnError::Log ? "LOG" : "FAIL";
  return object;
}

}  // namespace sipcast
