#include "control/ice_servers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace sipcast {
namespace {

constexpr size_t kMaxServers = 16;

bool all_of(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

/// HOST, HOST:PORT, [V6], [V6]:PORT
bool is_host_and_port(std::string_view text) {
  std::string_view host = text, port;
  const size_t end = text.starts_with('[') ? text.find(']') : 0;
  if (end == std::string_view::npos) return false;
  if (const size_t colon = text.find(':', end); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    const auto number = parse_decimal(port, 65535);
    if (!number || *number == 0) return false;
  }
  return !host.empty() && all_of(host, end > 0 ? "[]:." : "-.");
}

Result<IceServer> parse_one(std::string_view text) {
  const auto [scheme, rest] = cut(text, ':');
  const bool turn = scheme == "turn" || scheme == "turns";
  const auto wrong = [name = scheme](std::string_view why) {
    return fail(Errc::InvalidArgument, fmt::format("{}: {}", printable(name, 20), why));
  };
  if (!turn && scheme != "stun" && scheme != "stuns") {
    return wrong("must begin with stun:, stuns:, turn: or turns:");
  }
  const size_t at = rest.rfind('@');
  const std::string_view user =
      at == std::string_view::npos ? std::string_view{} : rest.substr(0, at);
  const auto [host, query] = cut(at == std::string_view::npos ? rest : rest.substr(at + 1), '?');
  if (!is_host_and_port(host)) return wrong("must name HOST or HOST:PORT");
  if (!query.empty() && (!turn || (query != "transport=udp" && query != "transport=tcp"))) {
    return wrong("only ?transport=udp or ?transport=tcp may follow a TURN server");
  }
  const auto [name, password] = cut(user, ':');
  if (turn && (name.empty() || password.empty())) return wrong("needs USER:PASSWORD@ before HOST");
  if (!turn && !user.empty()) return wrong("takes no credentials");
  if (std::ranges::any_of(user,
                          [](char c) { return c <= ' ' || c == '"' || c == '\\' || c == 127; })) {
    return wrong("credentials may hold no spaces, quotes and backslashes");
  }
  return IceServer{.url = fmt::format("{}:{}{}{}", scheme, host, query.empty() ? "" : "?", query),
                   .username = std::string(name),
                   .credential = std::string(password)};
}

}  // namespace

Result<std::vector<IceServer>> parse_ice_servers(std::string_view text) {
  std::vector<IceServer> servers;
  for (const std::string_view piece : split(text, ',')) {
    if (trim(piece).empty()) continue;
    auto server = parse_one(trim(piece));
    if (!server) return std::unexpected(server.error());
    if (servers.size() == kMaxServers) return fail(Errc::InvalidArgument, "more than 16 servers");
    servers.push_back(std::move(*server));
  }
  return servers;
}

std::string link_header(const IceServer& server) {
  std::string link = fmt::format("<{}>; rel=\"ice-server\"", server.url);
  if (!server.username.empty()) {
    link += fmt::format("; username=\"{}\"; credential=\"{}\"; credential-type=\"password\"",
                        server.username, server.credential);
  }
  return link;
}

}  // namespace sipcast
