#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sipcast {

/// ASCII only: protocol tokens, never people's names.
bool iequals(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);
/// Pieces between separators, empty ones included.
std::vector<std::string_view> split(std::string_view text, char separator);
/// Cuts at the first separator: {before, after}; {text, ""} when there is none.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char separator);
/// Decimal digits only, the whole text, within [0, max].
std::optional<uint64_t> parse_decimal(std::string_view text, uint64_t max = UINT64_MAX);
/// Hexadecimal digits only, the whole text, up to 64 bits.
std::optional<uint64_t> parse_hex(std::string_view text);
std::string to_hex(std::string_view bytes);
/// What a stranger wrote, made fit for one line of log: control characters, quotes, backslashes and
/// invalid UTF-8 become escapes, and it is cut at `max` bytes.
std::string printable(std::string_view text, size_t max = 200);
/// The same for several lines, whole: line ends, tabs, quotes and backslashes stay.
std::string printable_lines(std::string_view text);

}  // namespace sipcast
