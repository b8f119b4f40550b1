#include "phone/phone_main.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <string>

#include "phone/phone.hpp"

namespace sipcast::phone {
namespace {

/// Both loops write here; one fwrite a line keeps lines whole.
void print_event(const JsonLine& event) {
  const std::string line = event.text() + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

/// What ends the process. Blocked in every thread that is started later, and awaited in this one.
sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGUSR1);  // from ourselves: the last call is over
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace

int run_phone(std::span<const char* const> args) {
  auto options = parse_phone_options(args);
  if (!options) {
    fmt::print(stderr, "sipcast phone: {}\n", options.error().cause);
    return 2;
  }
  if (options->help) {
    fmt::print("{}", phone_usage());
    return 0;
  }
  const sigset_t signals = block_end_signals();
  const Logger log = Logger::to_stderr(options->verbose ? LogLevel::Debug : LogLevel::Warning);
  Phone phone(std::move(*options), print_event, log);
  const pthread_t self = pthread_self();
  phone.set_finished_handler([self] { pthread_kill(self, SIGUSR1); });
  if (const auto started = phone.start(); !started) {
    fmt::print(stderr, "sipcast phone: {}\n", started.error().cause);
    return 1;
  }
  int signal = 0;
  sigwait(&signals, &signal);
  phone.stop();
  return 0;
}

}  // namespace sipcast::phone
