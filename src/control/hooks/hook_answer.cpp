#include "control/hooks/hook_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"

namespace sipcast {
namespace {
namespace json = boost::json;

constexpr size_t kMaxReason = 200;
constexpr std::string_view kRefused = "Restricted access";  // WCS's word

Result<json::object> parse_body(std::string_view body) {
  if (trim(body).empty()) return json::object{};
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) {
    return fail(Errc::BadSyntax, "the answer is no JSON object");
  }
  return std::move(value.get_object());
}

std::string reason_of(const fetch::Reply& reply) {
  if (const auto body = parse_body(reply.body)) {
    const json::value* reason = body->if_contains("reason");
    if (reason && reason->is_string() && !reason->get_string().empty()) {
      return printable(reason->get_string(), kMaxReason);
    }
  }
  return reply.reason.empty() ? std::string(kRefused) : printable(reply.reason, kMaxReason);
}

void keep_only(json::object& fields, const std::vector<std::string>& names) {
  json::object kept;
  for (const std::string& name : names) {
    if (const json::value* value = fields.if_contains(name)) kept[name] = *value;
  }
  fields = std::move(kept);
}

}  // namespace

HookAnswer judge_answer(std::string_view method, const HookPolicy& policy, OnError on_error,
                        Result<fetch::Reply> reply) {
  using Taking = HookPolicy::Taking;
  HookAnswer answer{.reason = std::string(kRefused)};
  if (!reply) {
    answer.problem = reply.error().cause;
  } else if (reply->status != 200) {
    answer.problem = fmt::format("HTTP {} {}", reply->status, printable(reply->reason, kMaxReason));
    answer.reason = reason_of(*reply);
  } else if (auto body = parse_body(reply->body); !body) {
    answer.problem = body.error().cause;
  } else {
    answer.fields = std::move(*body);
    answer.reason.clear();
    if (policy.taking == Taking::Notify && method != "connect") answer.fields.clear();
    if (policy.taking == Taking::Overwrite && !policy.rest_overwrite.empty()) {
      keep_only(answer.fields, policy.rest_overwrite);
    }
    return answer;
  }
  answer.allowed = on_error == OnError::Log && method != "connect";
  return answer;
}

}  // namespace sipcast
