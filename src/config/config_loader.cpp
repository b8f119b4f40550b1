#include "config/config_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "config/config_file.hpp"
#include "config/wcs_names.hpp"

namespace sipcast::config {
namespace {

constexpr std::string_view kPrefix = "SIPCAST_";
constexpr std::string_view kConfigVariable = "SIPCAST_CONFIG";
constexpr size_t kMaxMessages = 1000;  // of each kind

void add_message(std::vector<std::string>& messages, std::string message) {
  if (messages.size() == kMaxMessages) messages.emplace_back("... and more");
  if (messages.size() < kMaxMessages) messages.push_back(std::move(message));
}

std::string did_you_mean(std::string_view name) {
  return name.empty() ? std::string() : fmt::format("; did you mean {}?", name);
}

/// `written` is the name as the user wrote it.
void assign(Option& option, std::string_view written, std::string_view value, std::string source,
            LoadResult& result) {
  const auto set = option.set(value);
  if (set) {
    option.source = std::move(source);
    return;
  }
  const std::string shown =
      option.secret ? std::string() : fmt::format(" = \"{}\"", printable(value, 80));
  const std::string unit =
      option.type == "number" && !option.unit.empty() ? fmt::format(" ({})", option.unit) : "";
  add_message(result.errors,
              fmt::format("{}: {}{}: {}{}", source, written, shown, set.error().cause, unit));
}

void load_line(OptionTable& table, const ConfigLine& line, std::string_view file,
               LoadResult& result) {
  const std::string source = fmt::format("{}:{}", file, line.number);
  if (Option* option = table.find(line.key)) {
    // A flashphoner.properties writes `ip =` for "choose yourself".
    if (line.value.empty() && option->name != line.key) return;
    return assign(*option, line.key, line.value, source, result);
  }
  if (const auto reason = wcs_name_without_meaning(line.key)) {
    return add_message(result.warnings,
                       fmt::format("{}: {} of WCS is ignored: {}", source, line.key, *reason));
  }
  add_message(result.warnings,
              fmt::format("{}: unknown option {} is ignored{}", source, printable(line.key, 80),
                          did_you_mean(table.nearest(line.key))));
}

void load_environment(OptionTable& table, const char* const* environment, LoadResult& result) {
  for (; environment && *environment; ++environment) {
    const auto [name, value] = cut(*environment, '=');
    if (!name.starts_with(kPrefix) || name == kConfigVariable) continue;
    if (Option* option = table.find_by_environment_name(name)) {
      assign(*option, name, trim(value), "environment", result);
      continue;
    }
    const std::string nearest = table.nearest([&] {
      std::string guess = to_lower(name.substr(kPrefix.size()));
      std::ranges::replace(guess, '_', '.');
      return guess;
    }());
    const Option* option = nearest.empty() ? nullptr : table.find(nearest);
    add_message(result.warnings,
                fmt::format("environment: unknown option {} is ignored{}", printable(name, 80),
                            did_you_mean(option ? option->environment_name() : "")));
  }
}

const char* find_config_variable(const char* const* environment) {
  for (; environment && *environment; ++environment) {
    const auto [name, value] = cut(*environment, '=');
    if (name == kConfigVariable) return value.data();
  }
  return nullptr;
}

/// An option of the command line, its name without the dashes.
struct Argument {
  std::string_view name;
  std::optional<std::string_view> value;
};

/// Sorts the command line: what is for us, and what is for the table.
std::vector<Argument> read_arguments(std::span<const char* const> args, LoadResult& result) {
  std::vector<Argument> arguments;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string_view text = args[i];
    if (text == "--") {
      for (++i; i < args.size(); ++i) result.positional.emplace_back(args[i]);
    } else if (text == "-h" || text == "--help") {
      result.help = true;
    } else if (text == "--check") {
      result.check = true;
    } else if (text == "--version") {
      result.version = true;
    } else if (text == "--config") {
      if (++i < args.size()) {
        result.config_file = args[i];
      } else {
        add_message(result.errors, "command line: --config needs the name of a file");
      }
    } else if (text.starts_with("--config=")) {
      result.config_file = text.substr(9);
    } else if (text.starts_with("--")) {
      const size_t equals = text.find('=');
      Argument argument{.name = text.substr(2, equals == text.npos ? equals : equals - 2),
                        .value = {}};
      if (equals != text.npos) argument.value = text.substr(equals + 1);
      arguments.push_back(argument);
    } else if (text.size() > 1 && text[0] == '-') {
      add_message(result.errors,
                  fmt::format("command line: unknown option {}", printable(text, 80)));
    } else {
      result.positional.emplace_back(text);
    }
  }
  return arguments;
}

void load_arguments(OptionTable& table, const std::vector<Argument>& arguments,
                    LoadResult& result) {
  for (const auto& [name, value] : arguments) {
    Option* option = table.find(name);
    if (!option) {
      const std::string nearest = table.nearest(name);
      add_message(result.errors,
                  fmt::format("command line: unknown option --{}{}", printable(name, 80),
                              did_you_mean(nearest.empty() ? "" : "--" + nearest)));
    } else if (!value && option->type != "flag") {
      add_message(result.errors,
                  fmt::format("command line: --{} needs a value: --{}=...", name, name));
    } else {
      assign(*option, fmt::format("--{}", name), trim(value.value_or("true")), "command line",
             result);
    }
  }
}

}  // namespace

void load_text(OptionTable& table, std::string_view text, std::string_view file,
               LoadResult& result) {
  if (text.size() > kMaxConfigBytes) {
    return add_message(result.errors, fmt::format("{}: larger than 1 MiB", file));
  }
  const ConfigLines config = parse_config(text);
  for (const size_t number : config.unreadable) {
    add_message(result.errors,
                fmt::format("{}:{}: no \"key = value\" and no comment", file, number));
  }
  for (const ConfigLine& line : config.lines) load_line(table, line, file, result);
}

LoadResult load(OptionTable& table, std::span<const char* const> args,
                const char* const* environment) {
  LoadResult result;
  const auto arguments = read_arguments(args, result);
  if (result.config_file.empty()) {
    if (const char* file = find_config_variable(environment)) result.config_file = file;
  }
  if (!result.config_file.empty()) {
    if (const auto text = read_config_file(result.config_file)) {
      load_text(table, *text, result.config_file, result);
    } else {
      add_message(result.errors, fmt::format("{}: {}", result.config_file, text.error().cause));
    }
  }
  load_environment(table, environment, result);
  load_arguments(table, arguments, result);
  return result;
}

}  // namespace sipcast::config
