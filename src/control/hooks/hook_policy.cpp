#include "control/hooks/hook_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/rest/json_fields.hpp"

namespace sipcast {
namespace {
namespace json = boost::json;

constexpr size_t kMaxPolicies = 64, kMaxNames = 64;

std::unexpected<Error> bad(std::string_view method, std::string_view field, std::string_view why) {
  return fail(Errc::InvalidArgument,
              fmt::format("restClientConfig.{}.{}: {}", printable(method, 60), field, why));
}

/// "a,b" or ["a","b"].
Result<std::vector<std::string>> parse_names(const json::object& object, std::string_view method,
                                             std::string_view field) {
  const json::value* value = object.if_contains(field);
  std::vector<std::string> names;
  if (!value || value->is_null()) return names;
  if (value->is_string()) {
    for (const std::string_view name : split(value->get_string(), ',')) {
      if (!trim(name).empty()) names.emplace_back(trim(name));
    }
  } else if (value->is_array() && std::ranges::all_of(value->get_array(), [](const auto& item) {
               return item.is_string();
             })) {
    for (const json::value& name : value->get_array()) names.emplace_back(name.get_string());
  } else {
    return bad(method, field, "must be names of fields");
  }
  if (names.size() > kMaxNames) return bad(method, field, "is too long");
  return names;
}

std::optional<HookPolicy::Taking> parse_taking(std::string_view text) {
  using enum HookPolicy::Taking;
  if (text.empty()) return Unset;
  if (iequals(text, "NOTIFY")) return Notify;
  if (iequals(text, "OVERWRITE")) return Overwrite;
  if (iequals(text, "DISABLE") || iequals(text, "DISABLED")) return Disable;
  return {};
}

Result<HookPolicy> parse_policy(const json::object& object, std::string_view method) {
  HookPolicy policy;
  for (const auto& [field, into] : {std::pair{"clientExclude", &policy.client_exclude},
                                    {"restExclude", &policy.rest_exclude},
                                    {"restOverwrite", &policy.rest_overwrite}}) {
    auto names = parse_names(object, method, field);
    if (!names) return std::unexpected(names.error());
    *into = std::move(*names);
  }
  const rest::JsonFields fields(object);
  const auto on_error = fields.text("restOnError"), taking = fields.text("restPolicy");
  const auto error = on_error ? parse_on_error(on_error->value_or("")) : std::nullopt;
  if (!error) return bad(method, "restOnError", "must be LOG or FAIL");
  const auto taken = taking ? parse_taking(taking->value_or("")) : std::nullopt;
  if (!taken) return bad(method, "restPolicy", "must be NOTIFY, OVERWRITE or DISABLE");
  policy.on_error = *error;
  policy.taking = *taken;
  return policy;
}

}  // namespace

Result<HookPolicies> HookPolicies::parse(const json::object& object) {
  HookPolicies policies;
  if (object.size() > kMaxPolicies) {
    return fail(Errc::InvalidArgument, "restClientConfig: is too long");
  }
  for (const auto& [method, value] : object) {
    const std::string_view name(method);
    if (!value.is_object()) return bad(name, "", "must be an object");
    auto policy = parse_policy(value.get_object(), name);
    if (!policy) return std::unexpected(policy.error());
    policies.policies_.emplace(name, std::move(*policy));
  }
  return policies;
}

const HookPolicy& HookPolicies::of(std::string_view method) const {
  static const HookPolicy kDefault;
  const auto found = policies_.find(method);
  return found == policies_.end() ? kDefault : found->second;
}

void erase_fields(json::object& object, const std::vector<std::string>& names) {
  for (const std::string& name : names) object.erase(name);
}

}  // namespace sipcast
