#include "control/incoming_rules.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace sipcast {
namespace {

constexpr size_t kMaxName = 128;

/// What a stranger wrote, as a part of a stream's name: letters, digits and -_.+ stay.
std::string name_part(std::string_view text) {
  std::string part(text.substr(0, kMaxName));
  std::ranges::replace_if(
      part,
      [](char c) {
        return !std::isalnum(static_cast<unsigned char>(c)) &&
               !std::string_view("-_.+").contains(c);
      },
      '_');
  return part;
}

std::string filled(std::string pattern, std::string_view word, const std::string& value) {
  for (size_t at = pattern.find(word); at != std::string::npos;
       at = pattern.find(word, at + value.size())) {
    pattern.replace(at, word.size(), value);
  }
  return pattern;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<IncomingRules::Rule> IncomingRules::parse_rule(std::string_view text) {
  Rule rule;
  for (const std::string_view word : split(text, ' ')) {
    if (trim(word).empty()) continue;
    const auto [name, value] = cut(trim(word), '=');
    const auto wrong = [&, shown = word](std::string_view why) {
      return fail(Errc::InvalidArgument, "\"" + printable(shown) + "\" in the rule \"" +
                                             printable(trim(text)) + "\": " + std::string(why));
    };
    if (name == "from") {
      const auto network = IpNetwork::parse(value);
      if (!network) return wrong(network.error().cause);
      rule.network = *network;
    } else if (name == "caller" || name == "callee") {
      (name == "caller" ? rule.caller : rule.callee) = value;
    } else if (name == "user" && !value.empty()) {
      rule.user = value;
    } else if (name == "app" && !value.empty()) {
      rule.app = value;
    } else if (name == "stream" && !value.empty()) {
      rule.stream = value;
      rule.sip_status = 200;
    } else if (word == "reject" || word == "busy") {
      rule.sip_status = word == "busy" ? 486 : 403;
    } else {
      return wrong("from=, caller=, callee=, user=, app=, stream=, reject or busy is expected");
    }
  }
  if (rule.sip_status == 0) {
    return fail(Errc::InvalidArgument,
                "the rule \"" + printable(trim(text)) + "\" has no stream=, reject or busy");
  }
  if (!rule.user.empty() && rule.stream.empty()) {
    return fail(Errc::InvalidArgument,
                "the rule \"" + printable(trim(text)) + "\" has user= without stream=");
  }
  return rule;
}

Result<IncomingRules> IncomingRules::parse(std::string_view text) {
  IncomingRules rules;
  for (const std::string_view piece : split(text, ';')) {
    if (trim(piece).empty()) continue;
    auto rule = parse_rule(piece);
    if (!rule) return std::unexpected(rule.error());
    rules.rules_.push_back(std::move(*rule));
  }
  return rules;
}

bool IncomingRules::wants_users() const {
  return std::ranges::any_of(rules_, [](const Rule& rule) { return !rule.user.empty(); });
}

bool IncomingRules::fits(const Rule& rule, const sip::IncomingCall& call) {
  return (rule.network.empty() || rule.network.contains(call.source)) &&
         matches_pattern(rule.caller, call.from_user) &&
         matches_pattern(rule.callee, call.request_user);
}

IncomingRules::Decision IncomingRules::decide(const sip::IncomingCall& call) const {
  const auto rule = std::ranges::find_if(rules_, [&](const Rule& r) { return fits(r, call); });
  if (rule == rules_.end()) return {};
  std::string stream = filled(rule->stream, "{caller}", name_part(call.from_user));
  return {.sip_status = rule->sip_status,
          .stream = filled(std::move(stream), "{callee}", name_part(call.request_user)),
          .user = rule->user,
          .app = rule->app};
}

}  // namespace sipcast
