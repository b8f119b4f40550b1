#pragma once
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace sipcast::config {

/// Inclusive bounds of an option's value.
template <class T>
struct Range {
  T min = std::numeric_limits<T>::lowest();
  T max = std::numeric_limits<T>::max();
  bool is_limited() const {
    return min != std::numeric_limits<T>::lowest() || max != std::numeric_limits<T>::max();
  }
};
template <>
struct Range<Duration> {
  Duration min = Duration::zero();
  Duration max = Duration::max();
  bool is_limited() const { return min != Duration::zero() || max != Duration::max(); }
};

// Each parser takes the whole text without spaces around it; errors are InvalidArgument with a
// reason that does not repeat the text (it may be a secret).

/// true, yes, on, 1, or false, no, off, 0; letter case ignored.
Result<bool> parse_flag(std::string_view text);
/// A whole decimal number that fits 64 bits with sign.
Result<int64_t> parse_whole(std::string_view text);
/// "250us", "500ms", "90s", "2m", "24h", "7d", "1.5s"; a bare number counts `unit`s.
Result<Duration> parse_duration(std::string_view text, Duration unit);
/// Pieces between commas, without spaces around them; empty ones are left out.
std::vector<std::string> parse_list(std::string_view text);

/// The shortest text that parse_duration reads back as the same: "90s", "2m", "500ms".
std::string duration_text(Duration value);
std::string list_text(const std::vector<std::string>& list);
/// "seconds" for 1s, for help texts.
std::string unit_name(Duration unit);

}  // namespace sipcast::config
