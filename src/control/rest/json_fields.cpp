#include "control/rest/json_fields.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/rest/duplicate_key.hpp"

namespace sipcast::rest {
namespace {

std::unexpected<Error> bad(std::string_view name, std::string_view what) {
  return fail(Errc::InvalidArgument, std::string(name) + ": " + std::string(what));
}

/// Null for an absent field, JSON null and "".
const boost::json::value* present(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (!value || value->is_null() || (value->is_string() && value->get_string().empty()))
    return nullptr;
  return value;
}

}  // namespace

Result<JsonFields> JsonFields::parse(std::string_view body) {
  if (trim(body).empty()) return JsonFields(boost::json::object{});
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(body, error);
  if (error) return fail(Errc::BadSyntax, "the body is not valid JSON: " + error.message());
  if (!value.is_object()) return fail(Errc::BadSyntax, "the body must be a JSON object");
  if (const auto key = duplicate_key(body)) {
    return fail(Errc::BadSyntax, printable(*key, 60) + ": is there twice");
  }
  return JsonFields(std::move(value.get_object()));
}

Result<std::optional<std::string>> JsonFields::text(std::string_view name, size_t max) const {
  const boost::json::value* value = present(object_, name);
  if (!value) return std::optional<std::string>{};
  std::string text;
  if (value->is_string()) {
    text = std::string(value->get_string());
  } else if (value->is_int64() || value->is_uint64()) {
    text = boost::json::serialize(*value);
  } else {
    return bad(name, "must be a string");
  }
  if (text.size() > max) return bad(name, "is longer than " + std::to_string(max) + " bytes");
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
      return bad(name, "has control characters");
  }
  return std::optional(std::move(text));
}

Result<std::string> JsonFields::required_text(std::string_view name, size_t max) const {
  auto value = text(name, max);
  if (!value) return std::unexpected(value.error());
  if (!*value) return bad(name, "is missing");
  return std::move(**value);
}

Result<bool> JsonFields::boolean(std::string_view name, bool otherwise) const {
  const boost::json::value* value = present(object_, name);
  if (!value) return otherwise;
  if (value->is_bool()) return value->get_bool();
  if (value->is_string()) {
    if (iequals(value->get_string(), "true")) return true;
    if (iequals(value->get_string(), "false")) return false;
  }
  return bad(name, "must be true or false");
}

Result<uint64_t> JsonFields::number(std::string_view name, uint64_t otherwise, uint64_t min,
                                    uint64_t max) const {
  const boost::json::value* value = present(object_, name);
  if (!value) return otherwise;
  std::optional<uint64_t> number;
  if (value->is_int64() && value->get_int64() >= 0)
    number = static_cast<uint64_t>(value->get_int64());
  if (value->is_uint64()) number = value->get_uint64();
  if (value->is_string()) number = parse_decimal(value->get_string());
  if (!number || *number < min || *number > max) {
    return bad(name,
               "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return *number;
}

}  // namespace sipcast::rest
