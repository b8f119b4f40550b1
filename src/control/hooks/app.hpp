#pragma once
#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "fetch/http_url.hpp"

namespace sipcast {

/// What a hook does that fails.
enum class OnError : uint8_t {
  Unset,
  Log,   ///< a line in the log, and on
  Fail,  ///< refuse
};
/// "LOG", "FAIL" (any case), or "" for Unset; none for others.
std::optional<OnError> parse_on_error(std::string_view text);

/// A back-end, chosen by the `appKey` that clients give.
struct App {
  std::string key;                             ///< appKey
  std::string name;                            ///< for people
  fetch::HttpUrl url;                          ///< hooks are POSTed to url/METHOD
  std::set<std::string, std::less<>> methods;  ///< which ones
  std::string rest_username, rest_password;    ///< Basic; "" for none
  std::string secret;                 ///< signs every request with HMAC-SHA-256; "": none is signed
  OnError on_error = OnError::Unset;  ///< Unset is Fail

  bool wants(std::string_view method) const { return methods.contains(method); }
};
using AppPtr = std::shared_ptr<const App>;

/// An app as a JSON object: {"appKey", "name", "url", "methods": [...], "restUsername",
/// "restPassword", "secret", "restOnError"}. Errors: InvalidArgument naming the field.
Result<App> parse_app(const boost::json::object& object);
/// The text of `apps.file`: {"apps": [...]}. Errors: BadSyntax, InvalidArgument.
Result<std::vector<App>> parse_apps(std::string_view text);

enum class Secrets : uint8_t { Shown, Hidden };
/// Hidden: of the secrets only whether there are any.
boost::json::object app_to_json(const App& app, Secrets secrets);

}  // namespace sipcast
