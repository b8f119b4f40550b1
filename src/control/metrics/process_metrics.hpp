#pragma once
#include "control/metrics/prometheus_text.hpp"

namespace sipcast {

/// Memory, file descriptors, CPU and threads of this process, by the names that Prometheus clients
/// use; what /proc does not tell is left out.
void write_process_metrics(PrometheusText& out);

}  // namespace sipcast
