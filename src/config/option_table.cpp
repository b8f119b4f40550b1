#include "config/option_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/check.hpp"
#include "base/text.hpp"

namespace sipcast::config {
namespace {

std::string duration_range(Duration min, Duration max) {
  return max == Duration::max() ? "at least " + duration_text(min)
                                : duration_text(min) + ".." + duration_text(max);
}

Result<void> check_line(std::string_view text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (std::ranges::none_of(text, control)) return {};
  return fail(Errc::InvalidArgument, "a control character in the text");
}

}  // namespace

std::string Option::environment_name() const {
  std::string result = "SIPCAST_";
  for (const char c : name) {
    result += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c == '.' ? '_' : c;
  }
  return result;
}

void OptionTable::insert(Option option) {
  CHECK(!option.name.empty());
  CHECK(option.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") ==
        std::string::npos);
  CHECK(!find(option.name) && !find_by_environment_name(option.environment_name()));
  for (const std::string& alias : option.aliases) CHECK(!find(alias));
  option.default_text = option.show();
  CHECK(option.set(option.default_text).has_value());  // the default is within its own range
  options_.push_back(std::move(option));
}

void OptionTable::add(std::string_view name, bool& variable, FlagOption option) {
  Option added = row(name, "flag", option);
  added.set = [&variable](std::string_view text) -> Result<void> {
    const auto value = parse_flag(text);
    if (!value) return std::unexpected(value.error());
    variable = *value;
    return {};
  };
  added.show = [&variable] { return std::string(variable ? "true" : "false"); };
  insert(std::move(added));
}

void OptionTable::add(std::string_view name, Duration& variable, DurationOption option) {
  const Range<Duration> range = option.range;
  Option added = row(name, "duration", option);
  added.unit = unit_name(option.unit);
  if (range.is_limited()) added.range = duration_range(range.min, range.max);
  added.set = [&variable, range, unit = option.unit](std::string_view text) -> Result<void> {
    const auto value = parse_duration(text, unit);
    if (!value) return std::unexpected(value.error());
    if (*value < range.min || *value > range.max) {
      return fail(Errc::InvalidArgument, "not within " + duration_range(range.min, range.max));
    }
    variable = *value;
    return {};
  };
  added.show = [&variable] { return duration_text(variable); };
  insert(std::move(added));
}

void OptionTable::add(std::string_view name, std::string& variable, TextOption option) {
  Option added = row(name, "text", option);
  added.secret = option.secret;
  added.set = [&variable, max = option.max_length](std::string_view text) -> Result<void> {
    if (text.size() > max) {
      return fail(Errc::InvalidArgument, fmt::format("longer than {} bytes", max));
    }
    if (auto line = check_line(text); !line) return line;
    variable = text;
    return {};
  };
  added.show = [&variable] { return variable; };
  insert(std::move(added));
}

void OptionTable::add(std::string_view name, std::vector<std::string>& variable,
                      ListOption option) {
  Option added = row(name, "list", option);
  added.secret = option.secret;
  added.set = [&variable, max = option.max_items](std::string_view text) -> Result<void> {
    if (auto line = check_line(text); !line) return line;
    auto list = parse_list(text);
    if (list.size() > max) {
      return fail(Errc::InvalidArgument, fmt::format("more than {} items", max));
    }
    variable = std::move(list);
    return {};
  };
  added.show = [&variable] { return list_text(variable); };
  insert(std::move(added));
}

void OptionTable::add(std::string_view name, LogLevel& variable, NameOption option) {
  add(name, variable,
      {{"debug", LogLevel::Debug},
       {"info", LogLevel::Info},
       {"warning", LogLevel::Warning},
       {"error", LogLevel::Error}},
      std::move(option));
}

void OptionTable::insert_names(std::string_view name, std::vector<std::string> words,
                               std::function<void(size_t)> assign, std::function<size_t()> current,
                               NameOption option) {
  CHECK(current() < words.size());
  Option added = row(name, fmt::format("{}", fmt::join(words, "|")), option);
  added.set = [words, assign](std::string_view text) -> Result<void> {
    for (size_t i = 0; i < words.size(); ++i) {
      if (!iequals(words[i], text)) continue;
      assign(i);
      return {};
    }
    return fail(Errc::InvalidArgument, fmt::format("none of {}", fmt::join(words, ", ")));
  };
  added.show = [words, current] { return words[current()]; };
  insert(std::move(added));
}

Option* OptionTable::find(std::string_view name) {
  for (Option& option : options_) {
    if (option.name == name || std::ranges::find(option.aliases, name) != option.aliases.end()) {
      return &option;
    }
  }
  return nullptr;
}

Option* OptionTable::find_by_environment_name(std::string_view name) {
  const auto found = std::ranges::find(options_, name, &Option::environment_name);
  return found == options_.end() ? nullptr : &*found;
}

std::string OptionTable::nearest(std::string_view name) const {
  std::string best;
  size_t best_distance = std::max<size_t>(2, std::min<size_t>(name.size(), 64) / 4) + 1;
  const auto look_at = [&](const std::string& known) {
    const size_t distance = edit_distance(name, known);
    if (distance >= best_distance) return;
    best_distance = distance;
    best = known;
  };
  for (const Option& option : options_) {
    look_at(option.name);
    for (const std::string& alias : option.aliases) look_at(alias);
  }
  return best;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, 64);
  b = b.substr(0, 64);
  std::array<size_t, 65> row;
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace sipcast::config
