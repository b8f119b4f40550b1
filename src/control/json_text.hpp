#pragma once
#include <boost/json/value.hpp>
#include <string_view>

namespace sipcast {

/// A text of a JSON document that may be absent.
inline boost::json::value text_or_null(std::string_view text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

}  // namespace sipcast
