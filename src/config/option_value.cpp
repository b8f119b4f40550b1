#include "config/option_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace sipcast::config {
namespace {

using namespace std::chrono_literals;

struct Unit {
  std::string_view suffix;
  std::string_view name;
  Duration length;
};
// From long to short.
constexpr Unit kUnits[] = {
    {"d", "days", 24h},         {"h", "hours", 1h},          {"m", "minutes", 1min},
    {"s", "seconds", 1s},       {"ms", "milliseconds", 1ms}, {"us", "microseconds", 1us},
    {"ns", "nanoseconds", 1ns},
};

std::unexpected<Error> bad_duration() {
  return fail(Errc::InvalidArgument, "no duration such as 90s, 500ms, 2m or 24h");
}

}  // namespace

Result<bool> parse_flag(std::string_view text) {
  for (const char* yes : {"true", "yes", "on", "1"}) {
    if (iequals(text, yes)) return true;
  }
  for (const char* no : {"false", "no", "off", "0"}) {
    if (iequals(text, no)) return false;
  }
  return fail(Errc::InvalidArgument, "neither true nor false");
}

Result<int64_t> parse_whole(std::string_view text) {
  int64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    return fail(Errc::InvalidArgument, "a number with too many digits");
  }
  if (error != std::errc{} || end != last) return fail(Errc::InvalidArgument, "no whole number");
  return value;
}

Result<Duration> parse_duration(std::string_view text, Duration unit) {
  const size_t digits = text.find_first_not_of("0123456789.");
  const std::string_view number = text.substr(0, digits);
  const std::string_view suffix =
      digits == std::string_view::npos ? std::string_view() : trim(text.substr(digits));
  for (const Unit& known : kUnits) {
    if (suffix == known.suffix) unit = known.length;
  }
  const bool known_suffix = suffix.empty() || std::ranges::any_of(kUnits, [&](const Unit& u) {
                              return u.suffix == suffix;
                            });
  double count = 0;
  const char* const last = number.data() + number.size();
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), count,
                                            std::chars_format::fixed);
  if (number.empty() || error != std::errc{} || end != last || !known_suffix) {
    return bad_duration();
  }
  const double ns = count * static_cast<double>(unit.count());
  if (!(ns < 9.2e18)) return fail(Errc::InvalidArgument, "a duration that is too long");
  return Duration(std::llround(ns));
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> list;
  for (const std::string_view piece : split(text, ',')) {
    if (const auto item = trim(piece); !item.empty()) list.emplace_back(item);
  }
  return list;
}

std::string duration_text(Duration value) {
  if (value == Duration::zero()) return "0s";
  for (const Unit& unit : kUnits) {
    if (value % unit.length == Duration::zero() && unit.suffix != "d") {
      return fmt::format("{}{}", value / unit.length, unit.suffix);
    }
  }
  return fmt::format("{}ns", value.count());
}

std::string list_text(const std::vector<std::string>& list) {
  return fmt::format("{}", fmt::join(list, ","));
}

std::string unit_name(Duration unit) {
  for (const Unit& known : kUnits) {
    if (known.length == unit) return std::string(known.name);
  }
  return duration_text(unit);
}

}  // namespace sipcast::config
