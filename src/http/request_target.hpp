#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sipcast::http {

/// The target of a request line, taken apart.
struct RequestTarget {
  std::string path;   ///< as Request::path; "*" for OPTIONS *
  std::string query;  ///< raw, without '?'
};

/// Parses origin-form, absolute-form and "*" (RFC 9112 §3.2). Authority-form (CONNECT) is refused.
/// Errors: BadSyntax.
Result<RequestTarget> parse_target(std::string_view target);

/// Decodes `raw` (RFC 3986 §2.1), then removes dot segments (§5.2.4; ".." at the top stays there)
/// and repeated slashes. Refused: what does not start with '/', bad escapes, and control
/// characters,
/// '/' or '\' behind an escape. Errors: BadSyntax.
Result<std::string> normalize_path(std::string_view raw);

/// One segment of a path: all but unreserved characters as %XX (RFC 3986 §2.1).
std::string encode_path(std::string_view text);

/// Decodes %XX. None when an escape is incomplete or not hexadecimal.
std::optional<std::string> percent_decode(std::string_view text);

/// The first parameter called `name`, decoded; a bad escape stays as it is. "" when absent.
std::string query_value(std::string_view query, std::string_view name);

}  // namespace sipcast::http
