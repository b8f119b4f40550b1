#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "control/json_text.hpp"

namespace sipcast::ws {

/// Sends one message of the SDK's protocol: {"message":...,"data":[...]} (wcs-websocket 1.4).
using Send = std::function<void(std::string_view message, boost::json::array data)>;

/// What createDate holds: milliseconds since 1970.
inline int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace sipcast::ws
