#include "control/v1/strict_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"

namespace sipcast::v1 {

Result<StrictFields> StrictFields::parse(std::string_view body) {
  if (trim(body).empty()) return StrictFields({}, "");
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(body, error);
  if (error) return fail(Errc::BadSyntax, "the body is not valid JSON: " + error.message());
  if (!value.is_object()) return fail(Errc::BadSyntax, "the body must be a JSON object");
  return StrictFields(std::move(value.get_object()), "");
}

const boost::json::value* StrictFields::take(std::string_view name) {
  read_.emplace(name);
  const boost::json::value* value = object_.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

void StrictFields::refuse(std::string_view name, std::string_view what) {
  if (!error_) error_ = Error{Errc::InvalidArgument, fmt::format("{}{}: {}", path_, name, what)};
}

std::optional<std::string> StrictFields::text(std::string_view name, size_t max) {
  const boost::json::value* value = take(name);
  if (!value) return {};
  const auto bad = [&](std::string_view what) {
    refuse(name, what);
    return std::nullopt;
  };
  if (!value->is_string()) return bad("must be a string");
  const std::string_view text = value->get_string();
  if (text.empty()) return bad("is empty");
  if (text.size() > max) return bad(fmt::format("is longer than {} bytes", max));
  if (std::ranges::any_of(
          text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; })) {
    return bad("has control characters");
  }
  return std::string(text);
}

std::string StrictFields::required_text(std::string_view name, size_t max) {
  auto value = text(name, max);
  if (!value) refuse(name, "is missing");
  return value.value_or("");
}

bool StrictFields::boolean(std::string_view name, bool otherwise) {
  const boost::json::value* value = take(name);
  if (!value) return otherwise;
  if (!value->is_bool()) refuse(name, "must be true or false");
  return value->is_bool() ? value->get_bool() : otherwise;
}

std::optional<uint64_t> StrictFields::number(std::string_view name, uint64_t min, uint64_t max) {
  const boost::json::value* value = take(name);
  if (!value) return {};
  boost::system::error_code error;
  const auto number =
      value->is_number() && !value->is_double() ? value->to_number<uint64_t>(error) : 0;
  if (!value->is_number() || value->is_double() || error || number < min || number > max) {
    refuse(name, fmt::format("must be a whole number from {} to {}", min, max));
    return {};
  }
  return number;
}

std::optional<StrictFields> StrictFields::object(std::string_view name) {
  const boost::json::value* value = take(name);
  if (!value) return {};
  if (!value->is_object()) {
    refuse(name, "must be an object");
    return {};
  }
  return StrictFields(value->get_object(), fmt::format("{}{}.", path_, name));
}

void StrictFields::merge(StrictFields inner) {
  if (const auto checked = inner.check(); !checked && !error_) error_ = checked.error();
}

Result<void> StrictFields::check() {
  if (error_) return std::unexpected(*error_);
  for (const auto& field : object_) {
    if (read_.contains(std::string_view(field.key()))) continue;
    refuse(printable(field.key(), 60), "no such field");
    return std::unexpected(*error_);
  }
  return {};
}

}  // namespace sipcast::v1
