#include "control/metrics/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sipcast {

void write_process_metrics(PrometheusText& out) {
  if (std::ifstream statm("/proc/self/statm"); statm) {
    uint64_t size = 0, resident = 0;
    if (statm >> size >> resident) {
      out.begin("process_resident_memory_bytes", "gauge", "Memory that is in RAM.");
      out.sample({}, resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)));
    }
  }
  std::error_code error;
  const auto count = [&](const char* folder) {
    const std::filesystem::directory_iterator entries(folder, error);
    return static_cast<uint64_t>(std::distance(begin(entries), end(entries)));
  };
  if (const uint64_t open = count("/proc/self/fd"); !error) {
    out.begin("process_open_fds", "gauge", "File descriptors that are open.");
    out.sample({}, open);
  }
  if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.begin("process_max_fds", "gauge", "File descriptors that may be open.");
    out.sample({}, static_cast<uint64_t>(limit.rlim_cur));
  }
  if (const uint64_t threads = count("/proc/self/task"); !error) {
    out.begin("process_threads", "gauge", "Threads.");
    out.sample({}, threads);
  }
  if (rusage usage{}; getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    out.begin("process_cpu_seconds_total", "counter", "CPU time used, user and system.");
    out.sample({}, seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
}

}  // namespace sipcast
