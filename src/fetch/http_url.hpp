#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sipcast::fetch {

/// An http: or https: URL, taken apart (RFC 3986).
struct HttpUrl {
  bool tls = false;
  std::string host;  ///< a name or a literal, without brackets
  uint16_t port = 80;
  std::string path;  ///< begins with '/', no '/' at its end but that one; no query

  /// Errors: BadSyntax with a cause that quotes nothing of it: another scheme, user information
  /// (credentials have fields of their own), a query or fragment, characters that no URL has.
  static Result<HttpUrl> parse(std::string_view text);
  std::string to_string() const;
  /// With one more piece of path, which has letters, digits, '-' and '_' alone.
  HttpUrl below(std::string_view piece) const;
};

}  // namespace sipcast::fetch
