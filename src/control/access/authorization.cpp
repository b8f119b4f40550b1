#include "control/access/authorization.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "sdp/base64.hpp"

namespace sipcast {
namespace {

constexpr size_t kMaxHeader = 4096;

/// token68 of RFC 9110 §11.2.
bool is_token68(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~+/").contains(c);
  });
}

}  // namespace

Result<std::variant<BasicCredentials, BearerToken>> parse_authorization(std::string_view header) {
  using Parsed = std::variant<BasicCredentials, BearerToken>;
  header = trim(header);
  if (header.size() > kMaxHeader) return fail(Errc::BadSyntax, "Authorization: is too long");
  const auto [scheme, rest] = cut(header, ' ');
  const std::string_view value = trim(rest);
  if (iequals(scheme, "bearer")) {
    if (!is_token68(value)) return fail(Errc::BadSyntax, "Authorization: no token behind Bearer");
    return Parsed(BearerToken{std::string(value)});
  }
  if (!iequals(scheme, "basic")) {
    return fail(Errc::Unsupported, "Authorization: Basic and Bearer are known here");
  }
  const Bytes decoded = is_token68(value) ? sdp::decode_base64(value) : Bytes{};
  const auto [user, password] = cut(as_text(decoded), ':');
  if (user.empty() || user.size() == decoded.size()) {
    return fail(Errc::BadSyntax, "Authorization: no base64 of user:password behind Basic");
  }
  return Parsed(BasicCredentials{std::string(user), std::string(password)});
}

std::string bearer_token(std::string_view header) {
  const auto parsed = parse_authorization(header);
  const BearerToken* bearer = parsed ? std::get_if<BearerToken>(&*parsed) : nullptr;
  return bearer ? bearer->token : "";
}

}  // namespace sipcast
