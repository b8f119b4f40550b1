#pragma once
#include <sys/types.h>

#include <ctime>
#include <string>
#include <vector>

namespace sipcast::bench {

/// A server under test, bound to one core (-1: to none), its output in a file. Ended by the
/// destructor.
class Process {
 public:
  /// Throws std::system_error.
  Process(const std::vector<std::string>& command, const std::string& log_file, int core);
  ~Process();
  Process(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  /// CPU time so far in nanoseconds, its children's included.
  uint64_t cpu_ns() const;
  uint64_t rss_kib() const;  ///< the same
  void stop();               ///< SIGTERM, then SIGKILL after 5 s

 private:
  std::vector<pid_t> family() const;
  pid_t pid_;
};

}  // namespace sipcast::bench
