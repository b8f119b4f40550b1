#include "phone/json_line.hpp"

#include <fmt/format.h>

#include <chrono>

namespace sipcast::phone {

JsonLine::JsonLine(std::string_view event) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  add("event", event);
  add("time_ms", std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

JsonLine& JsonLine::add(std::string_view name, std::string_view value) {
  std::string json = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20) {
      json += fmt::format("\\u{:04x}", byte);
    } else {
      json += byte < 0x7f ? c : '?';
    }
  }
  return raw(name, json + '"');
}

JsonLine& JsonLine::add(std::string_view name, double value) {
  return raw(name, fmt::format("{:.1f}", value));
}

JsonLine& JsonLine::raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += fmt::format("\"{}\":{}", name, json);
  return *this;
}

}  // namespace sipcast::phone
