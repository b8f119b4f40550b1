#pragma once
#include <fmt/core.h>

#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace sipcast {

enum class LogLevel : uint8_t { Debug, Info, Warning, Error };

/// Writes lines with an inherited context: `[call 3f2a] [stream room1] viewer 7: DTLS connected`.
/// A cheap value; any thread. Strings of strangers go through printable() first. Never a password
/// or a token, and never a line per packet.
class Logger {
 public:
  /// Writes to standard error from `level` on.
  static Logger to_stderr(LogLevel level);
  /// Writes nowhere: tests.
  static Logger none() { return Logger(nullptr, {}); }

  /// A logger that puts `[name value]` behind the context of this one.
  Logger with(std::string_view name, std::string_view value) const;

  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::Debug, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::Info, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::Warning, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::Error, format, fmt::make_format_args(args...));
  }

 private:
  Logger(std::shared_ptr<spdlog::logger> out, std::string context)
      : out_(std::move(out)), context_(std::move(context)) {}
  void write(LogLevel level, fmt::string_view format, fmt::format_args args) const;

  std::shared_ptr<spdlog::logger> out_;
  std::string context_;
};

}  // namespace sipcast
