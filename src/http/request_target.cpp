#include "http/request_target.hpp"

#include <vector>

#include "base/text.hpp"

namespace sipcast::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that "%XX" at `at` stands for.
std::optional<char> escaped_byte(std::string_view text, size_t at) {
  if (at + 2 >= text.size()) return std::nullopt;
  const int high = hex_digit(text[at + 1]);
  const int low = hex_digit(text[at + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(static_cast<unsigned char>(high << 4 | low));
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string decode_or_keep(std::string_view text) {
  return percent_decode(text).value_or(std::string(text));
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const auto byte = escaped_byte(text, i);
    if (!byte) return std::nullopt;
    decoded.push_back(*byte);
    i += 2;
  }
  return decoded;
}

std::string encode_path(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    encoded += plain ? std::string(1, c) : "%" + to_hex({&c, 1});
  }
  return encoded;
}

Result<std::string> normalize_path(std::string_view raw) {
  if (!raw.starts_with('/')) return fail(Errc::BadSyntax, "the path does not start with '/'");
  std::vector<std::string> segments;
  const std::vector<std::string_view> pieces = split(raw.substr(1), '/');
  bool ends_open = false;  // with '/': the last segment is none
  for (const std::string_view piece : pieces) {
    auto segment = percent_decode(piece);
    if (!segment) return fail(Errc::BadSyntax, "bad percent-encoding in the path");
    for (const char c : *segment) {
      if (is_control(c)) return fail(Errc::BadSyntax, "control character in the path");
      if (c == '/' || c == '\\') return fail(Errc::BadSyntax, "encoded slash in the path");
    }
    ends_open = segment->empty() || *segment == "." || *segment == "..";
    if (*segment == ".." && !segments.empty()) segments.pop_back();
    if (!ends_open) segments.push_back(std::move(*segment));
  }
  std::string path;
  for (const std::string& segment : segments) path.append("/").append(segment);
  if (ends_open) path.append("/");
  return path;
}

Result<RequestTarget> parse_target(std::string_view target) {
  if (target == "*") return RequestTarget{.path = "*", .query = {}};
  if (!target.starts_with('/')) {  // absolute-form: "http://host:port/path?query"
    const size_t scheme_end = target.find("://");
    if (scheme_end == std::string_view::npos) return fail(Errc::BadSyntax, "bad request target");
    const std::string_view scheme = target.substr(0, scheme_end);
    if (!iequals(scheme, "http") && !iequals(scheme, "https") && !iequals(scheme, "ws") &&
        !iequals(scheme, "wss")) {
      return fail(Errc::BadSyntax, "bad scheme in the request target");
    }
    target.remove_prefix(scheme_end + 3);
    const size_t authority_end = target.find_first_of("/?#");
    target = authority_end == std::string_view::npos ? "/" : target.substr(authority_end);
  }
  target = cut(target, '#').first;
  const auto [raw_path, query] = cut(target, '?');
  Result<std::string> path = normalize_path(raw_path.empty() ? "/" : raw_path);
  if (!path) return std::unexpected(path.error());
  return RequestTarget{.path = std::move(*path), .query = std::string(query)};
}

std::string query_value(std::string_view query, std::string_view name) {
  for (const std::string_view parameter : split(query, '&')) {
    const auto [key, value] = cut(parameter, '=');
    if (key == name || decode_or_keep(key) == name) return decode_or_keep(value);
  }
  return {};
}

}  // namespace sipcast::http
