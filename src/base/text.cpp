#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace sipcast {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Length of the valid UTF-8 sequence at the start of `text`; 0 when it is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Too long for what it says, a surrogate, above U+10FFFF.
  const bool wrong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                     (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f);
  return wrong ? 0 : length;
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const size_t at = text.find(separator);
    pieces.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

std::pair<std::string_view, std::string_view> cut(std::string_view text, char separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::optional<uint64_t> parse_decimal(std::string_view text, uint64_t max) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return {};
  return value;
}

std::optional<uint64_t> parse_hex(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

namespace {

/// Bytes of the character at the front of `text` when it may be shown; 0 when it must be escaped.
size_t shown_length(std::string_view text) {
  const size_t length = utf8_length(text);
  const bool control =
      (length == 1 && (text[0] < ' ' || text[0] == 0x7f)) ||
      (length == 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0);
  return control ? 0 : length;
}

template <class Shown>
void escape_rest(std::string& result, std::string_view& text, size_t max, Shown shown) {
  while (!text.empty() && result.size() < max) {
    const size_t length = shown(text);
    if (length == 0) {
      result += "\\x" + to_hex(text.substr(0, 1));
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
}

}  // namespace

std::string printable(std::string_view text, size_t max) {
  std::string result;
  escape_rest(result, text, max, [](std::string_view rest) {
    return rest[0] == '\\' || rest[0] == '"' ? 0 : shown_length(rest);
  });
  if (!text.empty()) result += "...";
  return result;
}

std::string printable_lines(std::string_view text) {
  std::string result;
  escape_rest(result, text, std::string::npos, [](std::string_view rest) {
    const bool space = rest[0] == '\n' || rest[0] == '\t' || rest.starts_with("\r\n");
    return space ? 1 : shown_length(rest);
  });
  return result;
}

}  // namespace sipcast
