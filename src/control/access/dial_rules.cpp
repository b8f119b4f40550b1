#include "control/access/dial_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "control/incoming_rules.hpp"
#include "sip/uri.hpp"

namespace sipcast {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string dialled(std::string_view user) {
  std::string plain = sip::unescape(cut(user, ';').first);
  constexpr std::string_view kSeparators = " -.()/";
  const bool is_number = std::ranges::all_of(plain, [&](char c) {
    return is_digit(c) || c == '+' || c == '*' || c == '#' || kSeparators.contains(c);
  });
  if (is_number) std::erase_if(plain, [&](char c) { return kSeparators.contains(c); });
  return to_lower(plain);
}

Result<std::vector<DialRules::Pattern>> DialRules::parse_list(std::string_view option,
                                                              std::string_view text) {
  std::vector<Pattern> list;
  for (const std::string_view piece : split(text, ',')) {
    const std::string_view word = trim(piece);
    if (word.empty()) continue;
    const auto wrong = [&](std::string_view why) {
      return fail(Errc::InvalidArgument,
                  fmt::format("{}: \"{}\": {}", option, printable(word, 80), why));
    };
    Pattern pattern{.text = std::string(word), .network = {}};
    const size_t at = word.rfind('@');
    const std::string_view user = word.substr(0, at);
    if (!user.empty()) pattern.user = dialled(user);
    if (at != std::string_view::npos) {
      const std::string_view host = word.substr(at + 1);
      if (host.empty()) return wrong("there is no host behind the @");
      if (const auto network = IpNetwork::parse(host)) {
        if (pattern.user != "*") return wrong("a network goes with every user: @192.0.2.0/24");
        pattern.network = *network;
      } else if (host.contains('/')) {
        return wrong(network.error().cause);
      }
      pattern.host = to_lower(host);
    }
    list.push_back(std::move(pattern));
  }
  return list;
}

Result<DialRules> DialRules::parse(std::string_view allow, std::string_view deny) {
  DialRules rules;
  auto allowed = parse_list("dial.allow", allow);
  if (!allowed) return std::unexpected(allowed.error());
  auto denied = parse_list("dial.deny", deny);
  if (!denied) return std::unexpected(denied.error());
  rules.allow_ = std::move(*allowed);
  rules.deny_ = std::move(*denied);
  return rules;
}

bool DialRules::Pattern::fits(std::string_view user_part, std::string_view host_name) const {
  if (network.empty()) {
    return matches_pattern(user, user_part) && matches_pattern(host, host_name);
  }
  const auto literal = SocketAddress::parse(host_name, 0);
  return literal && network.contains(*literal);
}

Result<void> DialRules::check(std::string_view user, const std::vector<std::string>& hosts) const {
  const std::string number = dialled(user);
  for (const std::string& host : hosts) {
    std::string name = to_lower(host);
    if (name.ends_with('.')) name.pop_back();
    const auto fits = [&](const Pattern& pattern) { return pattern.fits(number, name); };
    const std::string shown = printable(number, 60) + "@" + printable(name, 80);
    if (const auto denied = std::ranges::find_if(deny_, fits); denied != deny_.end()) {
      return fail(Errc::Forbidden, fmt::format("dial.deny: {} forbids to call {}",
                                               printable(denied->text, 80), shown));
    }
    if (!allow_.empty() && std::ranges::none_of(allow_, fits)) {
      return fail(Errc::Forbidden,
                  fmt::format("dial.allow: nothing there allows to call {}", shown));
    }
  }
  return {};
}

Result<void> DialRules::check(const SocketAddress& address) const {
  const auto denied = std::ranges::find_if(
      deny_, [&](const Pattern& pattern) { return pattern.network.contains(address); });
  if (denied == deny_.end()) return {};
  return fail(Errc::Forbidden, fmt::format("dial.deny: {} forbids to call {}",
                                           printable(denied->text, 80), address.ip()));
}

}  // namespace sipcast
