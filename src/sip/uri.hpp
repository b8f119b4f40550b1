#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sipcast::sip {

/// `;name=value` lists of URIs and headers, in order. Names compare without case.
class Params {
 public:
  struct Item {
    std::string name;
    std::string value;  ///< "" for a parameter without value; a quoted string keeps its quotes
  };
  /// `text` is "" or begins with ';'. At most 64. Errors: BadSyntax.
  static Result<Params> parse(std::string_view text);
  /// nullptr when there is no such parameter.
  const std::string* find(std::string_view name) const;
  std::string get(std::string_view name) const;  ///< "" when there is none
  void set(std::string_view name, std::string value);
  std::string to_string() const;
  const std::vector<Item>& items() const { return items_; }

 private:
  std::vector<Item> items_;
};

/// A sip: or sips: URI (RFC 3261 §19.1).
struct Uri {
  bool secure = false;
  std::string user;  ///< as written, escapes included; "" when there is none
  std::string password;
  std::string host;   ///< an IPv6 literal without its brackets
  uint16_t port = 0;  ///< 0: not written
  Params params;
  std::string headers;  ///< behind '?', as written

  /// Errors: BadSyntax, Unsupported (another scheme).
  static Result<Uri> parse(std::string_view text);
  std::string to_string() const;
};

/// `"Name" <uri>;params`, or a bare URI, as in From, To, Contact, Route (RFC 3261 §20).
struct NameAddr {
  std::string display_name;  ///< without quotes and escapes
  std::string uri;           ///< any scheme, as written
  Params params;             ///< of the header, not of the URI

  /// Errors: BadSyntax.
  static Result<NameAddr> parse(std::string_view text);
  std::string to_string() const;
};

/// Escapes what a user part may not hold as it is (RFC 3261 §25.1), and the reverse.
std::string escape_user(std::string_view user);
std::string unescape(std::string_view text);
/// `text` in double quotes, with escapes; control characters become spaces.
std::string quoted(std::string_view text);
/// The reverse of quoted(); text without quotes comes back as it is.
std::string unquoted(std::string_view text);
/// "[2001:db8::1]" for an IPv6 literal, else as it is.
std::string bracketed(std::string_view host);
bool is_token(std::string_view text);
/// Pieces between `separator` outside of "quotes" and <brackets>, trimmed.
std::vector<std::string_view> split_outside_quotes(std::string_view text, char separator);

/// host[:port] with brackets around IPv6. Port 0 when not written.
struct HostPort {
  std::string host;
  uint16_t port = 0;
  /// Errors: BadSyntax.
  static Result<HostPort> parse(std::string_view text);
};

}  // namespace sipcast::sip
