#include "control/record_hook.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "base/time.hpp"

namespace sipcast {
namespace {

std::string message_of(int error) {
  return std::error_code(error, std::generic_category()).message();
}

/// How the child begins: a group of its own, signals as they are by default, /dev/null to read.
struct Start {
  Start() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&actions);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  }
  ~Start() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  Start(const Start&) = delete;
  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t actions{};
};

/// Whether the process ends within `patience`.
bool ends_within(pid_t pid, Duration patience) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;  // an old kernel: wait without a bound
  pollfd end{.fd = fd, .events = POLLIN, .revents = 0};
  int ready = 0;
  const Instant until = std::chrono::steady_clock::now() + patience;
  do {
    const auto left = std::max<int64_t>(0, to_ms(until - std::chrono::steady_clock::now()));
    ready = ::poll(&end, 1, static_cast<int>(left));
  } while (ready < 0 && errno == EINTR);
  ::close(fd);
  return ready > 0;
}

}  // namespace

Result<void> run_record_hook(const std::string& script, const std::string& stream,
                             const std::string& file, const std::string& media_session_id,
                             Duration patience) {
  std::array<std::string, 4> words = {script, stream, file, media_session_id};
  std::array<char*, 5> arguments{};
  for (size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::array<char*, 2> environment = {path.data(), nullptr};
  const Start start;
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, script.c_str(), &start.actions, &start.attributes,
                                  arguments.data(), environment.data());
  if (error != 0) {
    return fail(Errc::Io, fmt::format("cannot start {}: {}", script, message_of(error)));
  }
  const bool in_time = ends_within(pid, patience);
  if (!in_time) ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) {
    return fail(Errc::Timeout, fmt::format("{} ran for more than {} s and was killed", script,
                                           to_ms(patience) / 1000));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(Errc::Refused,
              WIFEXITED(status)
                  ? fmt::format("{} ended with status {}", script, WEXITSTATUS(status))
                  : fmt::format("{} was ended by signal {}", script, WTERMSIG(status)));
}

}  // namespace sipcast
