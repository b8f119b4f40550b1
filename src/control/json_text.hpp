#pragma once
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace sipcast {

/// A text of a JSON document that may be absent.
inline boost::json::value text_or_null(std::string_view text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

/// A field of another side's message; "" when it is absent or no text.
inline std::string text_of(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return {};
  return std::string(std::string_view(value->get_string()));
}

}  // namespace sipcast
