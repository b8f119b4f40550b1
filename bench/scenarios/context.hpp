#pragma once
#include <string>
#include <vector>

#include "base/time.hpp"
#include "secure/dtls.hpp"

namespace sipcast::bench {

/// What all scenarios share.
struct Context {
  std::string binary;  ///< the sipcast under test
  std::string folder;  ///< for logs
  bool quick = false;  ///< shape only: few viewers, short, one run
  size_t runs = 5;
  Duration measured = std::chrono::seconds(5);  ///< of one run
  int generator_core = 0, server_core = 1;      ///< -1 on machines with one core
  std::vector<size_t> viewers = {50, 100, 200, 500};
  std::vector<size_t> calls = {100, 250, 500, 1000};
  size_t churn_seconds = 600;
  DtlsContext dtls;  ///< the viewers' certificate
};

// Each prints its Markdown tables to standard output.
void run_fan_out(const Context& context);  ///< CPU and latency of N viewers beside probe and Janus
void run_joins(const Context& context);    ///< join times and their CPU, memory a viewer
void run_calls(const Context& context);    ///< ingest of M calls, call set-ups, INVITE to keyframe
void run_churn(const Context& context);    ///< memory while viewers and calls come and go

}  // namespace sipcast::bench
