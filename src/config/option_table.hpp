#pragma once
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "config/option_value.hpp"

namespace sipcast::config {

/// When a changed value takes effect after SIGHUP.
enum class Reload : uint8_t {
  Restart,   ///< only with a new process
  NewCalls,  ///< for calls and viewers that come later
  Now,
};

/// What an option says of itself; `range` and `unit` where its type has them.
struct FlagOption {
  Reload reload = Reload::Restart;
  std::vector<std::string> aliases = {};  ///< names in a flashphoner.properties
  std::string help;                       ///< one sentence
};
template <class T>
struct NumberOption {
  Range<T> range = {};
  std::string unit = {};  ///< "bytes", "packets"; for people only
  Reload reload = Reload::Restart;
  std::vector<std::string> aliases = {};
  std::string help;
};
struct DurationOption {
  Range<Duration> range = {};
  Duration unit = std::chrono::seconds(1);  ///< of a bare number
  Reload reload = Reload::Restart;
  std::vector<std::string> aliases = {};
  std::string help;
};
struct TextOption {
  Reload reload = Reload::Restart;
  std::vector<std::string> aliases = {};
  bool secret = false;       ///< never printed
  size_t max_length = 4096;  ///< bytes
  std::string help;
};
struct ListOption {
  Reload reload = Reload::Restart;
  std::vector<std::string> aliases = {};
  bool secret = false;
  size_t max_items = 256;
  std::string help;
};
struct NameOption {
  Reload reload = Reload::Restart;
  std::vector<std::string> aliases = {};
  std::string help;
};

template <class T>
concept WholeNumber = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

/// One row of the table, whatever its type.
struct Option {
  std::string name;
  std::vector<std::string> aliases;
  std::string type;          ///< "number", "duration", "flag", "text", "list", or "a|b|c"
  std::string unit;          ///< may be empty
  std::string range;         ///< "1..65535"; may be empty
  std::string default_text;  ///< the variable's value when it was added
  Reload reload;
  bool secret;
  std::string help;
  std::string source = "default";  ///< where the value in force was said: "sipcast.conf:12"
  std::function<Result<void>(std::string_view)> set;
  std::function<std::string()> show;  ///< as `set` reads it

  std::string shown() const { return secret ? std::string("(secret)") : show(); }
  /// "SIPCAST_SIP_PORT" for "sip.port".
  std::string environment_name() const;
};

/// Every setting of the server, declared once by the part that owns the variable. The variable has
/// its default when it is added, and must outlive the table. Names are lower case, words joined by
/// '_', groups by '.'; a name that is taken is our own bug and stops the process.
class OptionTable {
 public:
  void add(std::string_view name, bool& variable, FlagOption option);
  void add(std::string_view name, Duration& variable, DurationOption option);
  void add(std::string_view name, std::string& variable, TextOption option);
  void add(std::string_view name, std::vector<std::string>& variable, ListOption option);
  /// debug, info, warning or error.
  void add(std::string_view name, LogLevel& variable, NameOption option);

  template <WholeNumber T>
  void add(std::string_view name, T& variable, std::type_identity_t<NumberOption<T>> option) {
    const auto [min, max] = option.range;
    Option added = row(name, "number", option);
    added.unit = std::move(option.unit);
    if (option.range.is_limited()) added.range = number_range(min, max);
    added.set = [&variable, min, max](std::string_view text) -> Result<void> {
      const auto value = parse_whole(text);
      if (!value) return std::unexpected(value.error());
      if (std::cmp_less(*value, min) || std::cmp_greater(*value, max)) {
        return fail(Errc::InvalidArgument, "not within " + number_range(min, max));
      }
      variable = static_cast<T>(*value);
      return {};
    };
    added.show = [&variable] { return std::to_string(variable); };
    insert(std::move(added));
  }

  /// An enum by the names of its values.
  template <class E>
    requires std::is_enum_v<E>
  void add(std::string_view name, E& variable,
           std::initializer_list<std::pair<std::string_view, E>> names, NameOption option) {
    std::vector<std::string> words;
    std::vector<E> values;
    for (const auto& [word, value] : names) {
      words.emplace_back(word);
      values.push_back(value);
    }
    insert_names(
        name, words, [&variable, values](size_t i) { variable = values[i]; },
        [&variable, values] {
          size_t i = 0;
          while (i < values.size() && values[i] != variable) ++i;
          return i;
        },
        std::move(option));
  }

  const std::vector<Option>& options() const { return options_; }
  /// By name or alias; nullptr: there is none. Names of command line and environment have no
  /// aliases.
  Option* find(std::string_view name);
  Option* find_by_environment_name(std::string_view name);
  /// The nearest name or alias within a few letters; empty when nothing is near.
  std::string nearest(std::string_view name) const;

 private:
  template <class T>
  static std::string number_range(T min, T max) {
    return std::to_string(min) + ".." + std::to_string(max);
  }
  /// What the rows of all types have in common; takes aliases and help out of `given`.
  template <class Given>
  static Option row(std::string_view name, std::string type, Given& given) {
    return {.name = std::string(name),
            .aliases = std::move(given.aliases),
            .type = std::move(type),
            .unit = {},
            .range = {},
            .default_text = {},
            .reload = given.reload,
            .secret = false,
            .help = std::move(given.help),
            .set = {},
            .show = {}};
  }
  void insert(Option option);
  void insert_names(std::string_view name, std::vector<std::string> words,
                    std::function<void(size_t)> assign, std::function<size_t()> current,
                    NameOption option);

  std::vector<Option> options_;
};

/// Letters to add, take away or change to make `b` of `a`; counts to 64 letters of each.
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace sipcast::config
