#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/text.hpp"
#include "bench/scenarios/context.hpp"

namespace sipcast::bench {
namespace {

constexpr const char* kUsage =
    "sipcast-bench --binary=PATH [--quick] [--runs=N] [--seconds=N] [--viewers=N,N] [--calls=N,N] [--churn=SECONDS]\n"
    "              [--folder=PATH] [fanout] [joins] [calls] [churn]\n"
    "Prints Markdown tables. scripts/bench builds and runs it.\n";

struct Scenario {
  const char* name;
  void (*run)(const Context&);
};
constexpr Scenario kScenarios[] = {
    {"fanout", run_fan_out}, {"joins", run_joins}, {"calls", run_calls}, {"churn", run_churn}};

std::vector<size_t> numbers(std::string_view text) {
  std::vector<size_t> read;
  for (const std::string_view word : split(text, ',')) {
    if (const auto number = parse_decimal(word)) read.push_back(*number);
  }
  return read;
}

bool take_option(Context& context, std::string_view word) {
  const auto [name, value] = cut(word, '=');
  const auto number = parse_decimal(value).value_or(1);
  if (name == "--binary") {
    context.binary = value;
  } else if (name == "--folder") {
    context.folder = value;
  } else if (name == "--runs") {
    context.runs = number;
  } else if (name == "--seconds") {
    context.measured = std::chrono::seconds(number);
  } else if (name == "--viewers") {
    context.viewers = numbers(value);
  } else if (name == "--calls") {
    context.calls = numbers(value);
  } else if (name == "--churn") {
    context.churn_seconds = std::max<size_t>(4, number);
  } else {
    return name == "--quick";
  }
  return true;
}

int run(const std::vector<std::string_view>& words) {
  auto dtls = DtlsContext::create();
  if (!dtls) return 1;
  Context context{.binary = "build/release/sipcast", .folder = "build/bench", .dtls = std::move(*dtls)};
  if (std::ranges::find(words, "--quick") != words.end()) {
    context.quick = true;
    context.runs = 1;
    context.measured = std::chrono::seconds(1);
    context.viewers = {10};
    context.calls = {20};
    context.churn_seconds = 6;
  }
  if (std::thread::hardware_concurrency() < 2) context.generator_core = context.server_core = -1;
  std::vector<const Scenario*> chosen;
  for (const std::string_view word : words) {
    const auto* found = std::ranges::find(kScenarios, word, &Scenario::name);
    if (found != std::end(kScenarios)) {
      chosen.push_back(found);
    } else if (!take_option(context, word)) {
      fmt::print(stderr, "{}", kUsage);
      return 2;
    }
  }
  if (chosen.empty()) {
    for (const Scenario& scenario : kScenarios) chosen.push_back(&scenario);
  }
  std::filesystem::create_directories(context.folder);
  try {
    for (const Scenario* scenario : chosen) scenario->run(context);
  } catch (const std::exception& error) {
    fmt::print(stderr, "sipcast-bench: {}\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace sipcast::bench

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  return sipcast::bench::run({argv + 1, argv + argc});
}
