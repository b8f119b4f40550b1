#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sipcast::ws {

/// Sends one message of the SDK's protocol: {"message":...,"data":[...]} (wcs-websocket 1.4).
using Send = std::function<void(std::string_view message, boost::json::array data)>;

/// What createDate holds: milliseconds since 1970.
inline int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// A field of a client's message; "" when it is absent or no text.
inline std::string text_of(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return {};
  return std::string(std::string_view(value->get_string()));
}

}  // namespace sipcast::ws
