#include "sip/redact.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "base/text.hpp"
#include "sip/raw_headers.hpp"
#include "sip/uri.hpp"

namespace sipcast::sip {
namespace {

constexpr char kMask = '*';
constexpr char kKeyMask = 'x';  ///< in base64 as it is, so that others can still read the SDP

bool any_of(std::string_view name, std::span<const std::string_view> known) {
  return std::ranges::any_of(known, [&](std::string_view other) { return iequals(name, other); });
}

/// Quotes stay, so that others can still read the header.
std::string_view inside_quotes(std::string_view value) {
  value = trim(value);
  const bool in_quotes = value.size() >= 2 && value.starts_with('"') && value.ends_with('"');
  return in_quotes ? value.substr(1, value.size() - 2) : value;
}

class Redactor {
 public:
  explicit Redactor(std::string& text) : text_(text) {}

  void run() {
    mask_keys();
    RawHeaders headers(text_);
    mask_uri_passwords(headers.start_line());
    const bool info = iequals(headers.start_line().substr(0, 5), "INFO ");
    bool digits = false;
    while (const auto field = headers.next()) {
      mask_uri_passwords(field->value);
      mask_header(*field);
      if (iequals(field->name, "Content-Type") || iequals(field->name, "c")) {
        digits = digits || is_about_digits(field->value);
      }
    }
    if (digits) {
      mask_digits(headers.body());
    } else if (info) {
      mask_signals(headers.body());
    }
  }

 private:
  /// `part` is a view into text_, or empty.
  void mask(std::string_view part, char with = kMask) {
    if (part.empty()) return;
    const size_t at = static_cast<size_t>(part.data() - text_.data());
    std::fill_n(text_.begin() + static_cast<std::ptrdiff_t>(at), part.size(), with);
  }

  /// A digest without response and cnonce cannot be used to guess the password.
  void mask_credentials(std::string_view value) {
    static constexpr std::array<std::string_view, 9> kOpen = {
        "username", "realm", "nonce", "uri", "algorithm", "qop", "nc", "opaque", "nextnonce"};
    if (std::ranges::count(value, '"') % 2 != 0) return mask(value);
    for (const std::string_view piece : split_outside_quotes(value, ',')) {
      const auto [name, secret] = cut(piece, '=');
      if (piece.contains('=') && any_of(trim(name), kOpen)) continue;
      mask(piece.contains('=') && !name.contains('"') ? inside_quotes(secret) : piece);
    }
  }

  void mask_header(const RawHeaders::Field& field) {
    const std::string name = to_lower(field.name);
    if (name == "authentication-info" || name == "proxy-authentication-info") {
      return mask_credentials(field.value);
    }
    if (name == "authorization" || name == "proxy-authorization") {
      const auto [scheme, rest] = cut(field.value, ' ');
      if (scheme.find_first_of("=\"") != std::string_view::npos) return mask(field.value);
      return iequals(scheme, "Digest") ? mask_credentials(rest) : mask(rest);
    }
    static constexpr std::array<std::string_view, 6> kSecret = {"authoriz", "token",  "secret",
                                                                "passw",    "cookie", "api-key"};
    const bool secret =
        std::ranges::any_of(kSecret, [&](std::string_view word) { return name.contains(word); });
    if (secret) mask(field.value);
  }

  /// sip:user:password@host (RFC 3261 §19.1.1).
  void mask_uri_passwords(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find_first_of("<>\" \t\r\n"), text.size());
      mask_uri_password(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  void mask_uri_password(std::string_view word) {
    const std::string lower = to_lower(word);
    size_t scheme = lower.find("sip");
    if (scheme == std::string::npos) return;
    scheme += lower.substr(scheme + 3, 1) == "s" ? 4 : 3;
    if (lower.substr(scheme, 1) != ":") return;
    const size_t at = word.find('@', scheme);
    const size_t colon = word.find(':', scheme + 1);
    if (at == std::string_view::npos || colon >= at) return;
    mask(word.substr(colon + 1, at - colon - 1));
  }

  /// In every line, be it of the body or not: a message whose head is broken has no known body.
  void mask_keys() {
    const std::string_view all = text_;
    const std::string lower = to_lower(all);
    for (size_t at = lower.find("inline:"); at != std::string::npos;
         at = lower.find("inline:", at + 1)) {
      const size_t begin = at + 7;
      const size_t end = std::min(lower.find_first_of("|; \t\r\n", begin), lower.size());
      mask(all.substr(begin, end - begin), kKeyMask);
    }
    for (size_t begin = 0; begin < lower.size();) {
      const size_t end = std::min(lower.find_first_of("\r\n", begin), lower.size());
      const std::string_view line = std::string_view(lower).substr(begin, end - begin);
      for (const std::string_view key : {"k=", "a=key-mgmt:", "a=ice-pwd:"}) {
        if (line.starts_with(key)) {
          mask(all.substr(begin + key.size(), line.size() - key.size()));
        }
      }
      begin = end + 1;
    }
  }

  static bool is_about_digits(std::string_view content_type) {
    const std::string type = to_lower(content_type);
    return type.contains("dtmf") || type.contains("digit") || type.contains("kpml");
  }

  /// "Signal=5", or the digit alone; its duration may stay.
  void mask_digits(std::string_view body) {
    for (const std::string_view line : split(body, '\n')) {
      if (iequals(trim(line).substr(0, 8), "duration")) continue;
      mask(trim(line.contains('=') ? cut(line, '=').second : line));
    }
  }
  /// The same in a part of a larger body.
  void mask_signals(std::string_view body) {
    for (const std::string_view line : split(body, '\n')) {
      if (iequals(trim(line).substr(0, 6), "signal")) mask(trim(cut(line, '=').second));
    }
  }

  std::string& text_;
};

}  // namespace

std::string redacted(std::string message) {
  Redactor(message).run();
  return message;
}

}  // namespace sipcast::sip
