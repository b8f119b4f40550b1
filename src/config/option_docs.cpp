#include "config/option_docs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace sipcast::config {
namespace {

std::string_view group_of(const Option& option) { return cut(option.name, '.').first; }

/// Groups in the order in which they were declared.
std::vector<std::string_view> groups(const OptionTable& table) {
  std::vector<std::string_view> names;
  for (const Option& option : table.options()) {
    if (std::ranges::find(names, group_of(option)) == names.end()) {
      names.push_back(group_of(option));
    }
  }
  return names;
}

std::string default_of(const Option& option) {
  return option.secret ? std::string() : option.default_text;
}

std::string value_form(const Option& option) {
  if (option.type == "flag") return "true|false";
  if (option.type == "list") return "a,b,...";
  return option.type;
}

/// "seconds, 90s..24h, default 30m"
std::string details(const Option& option) {
  std::vector<std::string> parts;
  if (option.type == "number" && !option.unit.empty()) parts.push_back(option.unit);
  if (option.type == "duration") parts.push_back("bare number: " + option.unit);
  if (!option.range.empty()) parts.push_back(option.range);
  if (option.secret) parts.emplace_back("secret");
  if (const auto text = default_of(option); !text.empty()) parts.push_back("default " + text);
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string_view reload_text(Reload reload) {
  switch (reload) {
    case Reload::Restart:
      return "restart";
    case Reload::NewCalls:
      return "new calls";
    case Reload::Now:
      return "at once";
  }
  return "";
}

/// For a cell of a markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? std::string() : fmt::format("`{}`", cell(text));
}

std::string join_codes(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + code(name);
  return out;
}

}  // namespace

std::string help_text(const OptionTable& table, std::string_view usage) {
  std::string out = fmt::format(
      "Usage: {}\n\n"
      "  --config FILE  read `key = value` lines from FILE\n"
      "  --check        load everything, report, and end\n"
      "  --version      print the version, and end\n"
      "  --help         this text\n\n"
      "Any option may stand in the file (name = value), in the environment (SIPCAST_NAME) and on\n"
      "the command line (--name=value); the later one wins.\n",
      usage);
  for (const std::string_view group : groups(table)) {
    out += fmt::format("\n{}:\n", group);
    for (const Option& option : table.options()) {
      if (group_of(option) != group) continue;
      out += fmt::format("  --{}={}\n      {}", option.name, value_form(option), option.help);
      if (const auto more = details(option); !more.empty()) out += fmt::format(" [{}]", more);
      out += '\n';
    }
  }
  return out;
}

std::string reference_page(const OptionTable& table) {
  std::string out =
      "# Options\n\n"
      "Made from the option table; do not edit. Each option may stand in the file (`name = "
      "value`), "
      "in the\nenvironment and on the command line (`--name=value`); the later one wins. Durations "
      "are written `500ms`, `90s`,\n`2m`, `24h`; a bare number has the unit of its row. *Reload* "
      "says when a change takes effect after SIGHUP.\n";
  for (const std::string_view group : groups(table)) {
    out += fmt::format(
        "\n## {}\n\n| option | environment | type | range | default | reload | WCS name | meaning "
        "|\n|---|---|---|---|---|---|---|---|\n",
        group);
    for (const Option& option : table.options()) {
      if (group_of(option) != group) continue;
      std::string type = option.type;
      if (!option.unit.empty()) type += fmt::format(" ({})", option.unit);
      if (option.secret) type += ", secret";
      fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
                     code(option.name), code(option.environment_name()), cell(type),
                     cell(option.range), code(default_of(option)), reload_text(option.reload),
                     join_codes(option.aliases), cell(option.help));
    }
  }
  return out;
}

std::string check_report(const OptionTable& table, const LoadResult& result) {
  std::string out;
  for (const std::string& error : result.errors) out += fmt::format("error: {}\n", error);
  for (const std::string& warning : result.warnings) out += fmt::format("warning: {}\n", warning);
  for (const Option& option : table.options()) {
    if (option.source == "default") continue;
    out +=
        fmt::format("{} = {}  # {}\n", option.name, printable(option.shown(), 1000), option.source);
  }
  out += result.errors.empty() ? "The configuration is good.\n"
                               : fmt::format("{} error(s): no start.\n", result.errors.size());
  return out;
}

}  // namespace sipcast::config
