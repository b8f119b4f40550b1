#pragma once
#include <memory>
#include <string>

#include "base/socket_address.hpp"
#include "bench/load/process.hpp"

namespace sipcast::bench {

/// Debian's Kamailio as a stateful, record-routing proxy with one worker, over UDP of the loopback.
struct Kamailio {
  SocketAddress address;
  std::unique_ptr<Process> process;
};
/// None when the package is not installed. Throws std::runtime_error when it does not start.
std::unique_ptr<Kamailio> start_kamailio(const std::string& folder, int core);

}  // namespace sipcast::bench
