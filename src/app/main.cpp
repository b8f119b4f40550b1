#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstring>

#include "app/access_command.hpp"
#include "app/declare_options.hpp"
#include "app/server.hpp"
#include "control/rest/wcs_resources.hpp"
#include "phone/phone_main.hpp"

extern char** environ;

namespace sipcast {
namespace {

void raise_file_limit(const Logger& log) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 10'000) {
    log.warning(
        "only {} file descriptors are allowed (ulimit -n): a call needs 4, a viewer's page 1",
        limit.rlim_cur);
  }
}

int serve(const Options& options, const std::vector<std::string>& warnings) {
  const Logger log = Logger::to_stderr(options.log_level);
  for (const std::string& warning : warnings) log.warning("{}", warning);
  raise_file_limit(log);
  // Blocked before any thread starts, so that all inherit it and sigwait() is the only receiver.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto server = Server::start(options, log);
  if (!server) {
    std::fprintf(stderr, "sipcast: %s\n", server.error().cause.c_str());
    return 1;
  }
  std::string urls;
  for (const std::string& url : (*server)->urls()) urls += " " + url;
  log.info("ready:{}", urls);
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal == SIGHUP) {
      (*server)->reload();
      continue;
    }
    if (signal == SIGUSR1) {
      (*server)->drain();
      continue;
    }
    log.info("{}: hanging up", signal == SIGINT ? "SIGINT" : "SIGTERM");
    (*server)->shutdown(std::chrono::milliseconds(1500));
    return 0;
  }
}

}  // namespace
}  // namespace sipcast

int main(int argc, char** argv) {
  const std::span<const char* const> args(argv + 1, static_cast<size_t>(argc - 1));
  if (!args.empty() && std::strcmp(args[0], "phone") == 0)
    return sipcast::phone::run_phone(args.subspan(1));
  if (!args.empty() && (std::strcmp(args[0], "user") == 0 || std::strcmp(args[0], "key") == 0))
    return sipcast::run_access_command(args);
  if (args.size() == 1 && std::strcmp(args[0], "resources") == 0) {
    std::fputs(sipcast::rest::wcs_resources_page().c_str(), stdout);
    return 0;
  }
  sipcast::Options options;
  std::vector<std::string> warnings;
  if (const auto done = sipcast::load_options(args, environ, options, warnings)) return *done;
  return sipcast::serve(options, warnings);
}
