#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "base/text.hpp"

namespace sipcast {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  std::unreachable();
}

}  // namespace

Logger Logger::to_stderr(LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("sipcast",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(to_spdlog(level));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->flush_on(spdlog::level::debug);
  return Logger(std::move(logger), {});
}

Logger Logger::with(std::string_view name, std::string_view value) const {
  return Logger(out_, fmt::format("{}[{} {}] ", context_, name, printable(value, 80)));
}

void Logger::write(LogLevel level, fmt::string_view format, fmt::format_args args) const {
  if (!out_ || !out_->should_log(to_spdlog(level))) return;
  out_->log(to_spdlog(level), "{}{}", context_, fmt::vformat(format, args));
}

}  // namespace sipcast
