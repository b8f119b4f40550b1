#include "control/v1/query.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "http/request_target.hpp"

namespace sipcast::v1 {
namespace {
constexpr size_t kMaxValue = 512;
bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }
}  // namespace

Result<Query> Query::parse(std::string_view raw, std::initializer_list<std::string_view> known) {
  Query query;
  for (const std::string_view parameter : split(raw, '&')) {
    if (parameter.empty()) continue;
    const auto [raw_name, raw_value] = cut(parameter, '=');
    const auto name = http::percent_decode(raw_name), value = http::percent_decode(raw_value);
    if (!name || !value) return fail(Errc::BadSyntax, "the query has a bad percent-encoding");
    if (std::ranges::find(known, *name) == known.end()) {
      return fail(Errc::InvalidArgument, printable(*name, 60) + ": no such parameter; there are " +
                                             fmt::format("{}", fmt::join(known, ", ")));
    }
    if (value->size() > kMaxValue) {
      return fail(Errc::InvalidArgument, *name + fmt::format(": longer than {} bytes", kMaxValue));
    }
    if (std::ranges::any_of(*value, is_control)) {
      return fail(Errc::BadSyntax, *name + ": has control characters");
    }
    if (!query.values_.emplace(*name, *value).second) {
      return fail(Errc::InvalidArgument, *name + ": comes twice");
    }
  }
  return query;
}

std::optional<std::string> Query::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return {};
  return found->second;
}

Result<uint64_t> Query::number(std::string_view name, uint64_t otherwise, uint64_t min,
                               uint64_t max) const {
  const auto value = text(name);
  if (!value) return otherwise;
  const auto number = parse_decimal(*value);
  if (!number || *number < min || *number > max) {
    return fail(Errc::InvalidArgument,
                fmt::format("{}: must be a whole number from {} to {}", name, min, max));
  }
  return *number;
}

Result<std::optional<std::string>> Query::word(
    std::string_view name, std::initializer_list<std::string_view> words) const {
  auto value = text(name);
  if (value && std::ranges::find(words, *value) == words.end()) {
    return fail(Errc::InvalidArgument,
                fmt::format("{}: must be one of {}", name, fmt::join(words, ", ")));
  }
  return value;
}

}  // namespace sipcast::v1
