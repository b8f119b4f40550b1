#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sipcast::phone {

/// One line of JSON for people and tests: {"event":"established","time_ms":1700000000000,...}.
/// Names are ours and plain; values may be a stranger's: they are escaped, and bytes outside of
/// ASCII become '?'.
class JsonLine {
 public:
  /// A member of another line.
  JsonLine() = default;
  /// An event of its own, stamped with the wall clock in milliseconds.
  explicit JsonLine(std::string_view event);
  JsonLine& add(std::string_view name, std::string_view value);
  JsonLine& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  JsonLine& add(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  JsonLine& add(std::string_view name, std::integral auto value) {
    return raw(name, std::to_string(value));
  }
  /// One digit behind the point.
  JsonLine& add(std::string_view name, double value);
  JsonLine& add(std::string_view name, const JsonLine& value) { return raw(name, value.text()); }
  std::string text() const { return "{" + members_ + "}"; }

 private:
  JsonLine& raw(std::string_view name, std::string_view json);
  std::string members_;
};

/// Takes one event. Called from the control loop and from the media loop.
using EventSink = std::function<void(const JsonLine&)>;

}  // namespace sipcast::phone
