#include "fetch/http_url.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/socket_address.hpp"
#include "base/text.hpp"

namespace sipcast::fetch {
namespace {

constexpr size_t kMaxUrl = 2048, kMaxHost = 253;

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::BadSyntax, std::string(what));
}

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxHost && std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || c == '.' || c == '-' || c == '_';
  });
}

/// "host", "host:port", "[v6]", "[v6]:port".
Result<void> parse_authority(std::string_view text, HttpUrl& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = std::min(text.find(']'), text.size());
    const auto address = SocketAddress::parse(text.substr(1, end - std::min<size_t>(end, 1)), 0);
    if (end == text.size() || !address || !address->is_v6())
      return bad("has no IPv6 address in []");
    url.host = address->ip();
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return bad("has no host name or address");
    if (!port.empty()) port.remove_prefix(1);
  } else {
    const auto [host, rest] = cut(text, ':');
    if (!is_host_name(host)) return bad("has no host name or address");
    url.host = host;
    port = rest;
  }
  if (text.ends_with(':')) return bad("has no port behind the ':'");
  if (port.empty()) return {};
  const auto number = parse_decimal(port, 65535);
  if (!number || *number == 0) return bad("has a port that is no number from 1 to 65535");
  url.port = static_cast<uint16_t>(*number);
  return {};
}

}  // namespace

Result<HttpUrl> HttpUrl::parse(std::string_view text) {
  if (text.size() > kMaxUrl) return bad("is longer than 2048 bytes");
  const bool clean = std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || std::string_view("-._~:/?#[]@!$&'()*+,;=%").contains(c);
  });
  if (!clean) return bad("has a character that no URL has");
  const size_t colon = text.find("://");
  const std::string scheme = to_lower(text.substr(0, std::min(colon, text.size())));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return bad("does not begin with http:// or https://");
  }
  HttpUrl url{.tls = scheme == "https", .host = {}, .path = {}};
  if (url.tls) url.port = 443;
  const std::string_view rest = text.substr(colon + 3);
  if (rest.find_first_of("?#") != std::string_view::npos) return bad("has a query or a fragment");
  const auto [authority, path] = cut(rest, '/');
  if (authority.contains('@')) return bad("has a user: credentials have fields of their own");
  if (auto parsed = parse_authority(authority, url); !parsed) {
    return std::unexpected(parsed.error());
  }
  url.path = "/";
  url.path += path;
  while (url.path.size() > 1 && url.path.ends_with('/')) url.path.pop_back();
  if (url.to_string().size() > kMaxUrl) return bad("is longer than 2048 bytes");
  return url;
}

std::string HttpUrl::to_string() const {
  const bool v6 = host.contains(':');
  return fmt::format("{}://{}{}{}:{}{}", tls ? "https" : "http", v6 ? "[" : "", host, v6 ? "]" : "",
                     port, path);
}

HttpUrl HttpUrl::below(std::string_view piece) const {
  HttpUrl url = *this;
  if (!url.path.ends_with('/')) url.path += '/';
  url.path += piece;
  return url;
}

}  // namespace sipcast::fetch
