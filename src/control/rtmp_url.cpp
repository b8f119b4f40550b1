#include "control/rtmp_url.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace sipcast {
namespace {

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::InvalidArgument, fmt::format("rtmpUrl: {}", what));
}

bool is_host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == '_' || c == ':';
}

/// "host", "host:port", "[v6]", "[v6]:port".
Result<void> parse_host(std::string_view text, RtmpUrl& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return bad("an IPv6 address without its ']'");
    url.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return bad("no host name or address");
    if (!port.empty()) port.remove_prefix(1);
  } else {
    const auto [host, rest] = cut(text, ':');
    url.host = host;
    port = rest;
    if (text.ends_with(':')) return bad("the port is not a number from 1 to 65535");
  }
  if (url.host.empty() || url.host.size() > 253 ||
      !std::ranges::all_of(url.host, is_host_character)) {
    return bad("no host name or address");
  }
  if (port.empty()) return {};
  const auto number = parse_decimal(port, 65535);
  if (!number || *number == 0) return bad("the port is not a number from 1 to 65535");
  url.port = static_cast<uint16_t>(*number);
  return {};
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string join(const RtmpUrl& url, std::string_view user_info, const std::string& host,
                 std::string_view path) {
  return fmt::format("{}://{}{}{}:{}/{}", url.tls ? "rtmps" : "rtmp", user_info,
                     user_info.empty() ? "" : "@", bracketed(host), url.port, path);
}

}  // namespace

std::string RtmpUrl::shown() const { return join(*this, "", host, cut(app, '?').first); }

Result<RtmpUrl> parse_rtmp_url(std::string_view text, RtmpUrlKind kind) {
  RtmpUrl url;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '#') {
      return bad("has a character that no URL has");
    }
  }
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return bad("does not begin with rtmp:// or rtmps://");
  const std::string scheme = to_lower(text.substr(0, scheme_end));
  if (scheme != "rtmp" && scheme != "rtmps") {
    return bad("does not begin with rtmp:// or rtmps://");
  }
  url.tls = scheme == "rtmps";
  if (url.tls) url.port = 443;
  text.remove_prefix(scheme_end + 3);
  auto [authority, path] = cut(text, '/');
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  if (auto parsed = parse_host(authority, url); !parsed) return std::unexpected(parsed.error());
  while (kind == RtmpUrlKind::App && path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return bad("has no application behind the host");
  if (kind == RtmpUrlKind::App) {
    url.app = path;
    return url;
  }
  const size_t slash = path.substr(0, path.find('?')).rfind('/');
  if (slash == std::string_view::npos || slash + 1 == path.size()) {
    return bad("has no stream key behind the application");
  }
  url.app = path.substr(0, slash);
  url.key = path.substr(slash + 1);
  if (url.app.empty()) return bad("has no application behind the host");
  return url;
}

std::string shown_rtmp_url(const std::string& asked, RtmpUrlKind kind) {
  const auto url = parse_rtmp_url(asked, kind);
  if (!url) return "";
  const bool secret =
      kind == RtmpUrlKind::Full || !url->user_info.empty() || asked.find('?') != std::string::npos;
  return secret ? url->shown() : asked;
}

ffmpeg::RtmpServer rtmp_server(const RtmpUrl& url, const SocketAddress& checked, bool verify_tls) {
  const bool by_name = url.tls && verify_tls;
  ffmpeg::RtmpServer server{
      .url = join(url, url.user_info, by_name ? url.host : checked.ip(), url.app + "/" + url.key),
      .tc_url = join(url, "", url.host, url.app),
      .app = url.app,
      .playpath = url.key,
      .verify_tls = verify_tls,
      .secrets = {url.key}};
  server.secrets.emplace_back(url.user_info);
  server.secrets.emplace_back(cut(url.user_info, ':').second);
  server.secrets.emplace_back(cut(url.app, '?').second);
  return server;
}

}  // namespace sipcast
