#pragma once
#include <vector>

#include "base/socket_address.hpp"
#include "bench/load/media_source.hpp"

namespace sipcast::bench {

/// What a bare loop needs to seal one packet for one viewer and send it.
struct ProbeResult {
  double ns_per_packet = 0;  ///< CPU of its thread
  uint64_t packets = 0;      ///< of all viewers
  uint64_t not_sent = 0;     ///< the kernel's buffers were full
};
enum class ProbeSend : uint8_t {
  Plain,  ///< packet by packet to all viewers, sendmmsg of 64
  Gso,    ///< what is due for a viewer as UDP GSO super-packets, sendmmsg of 64
};
/// The limit: the source's packets, sealed by AES-128-GCM for each of `viewers` and sent to them at
/// the source's pace, with nothing else around it. Blocks; `core` as in pin_thread.
ProbeResult run_probe(const SourceOptions& source, const std::vector<SocketAddress>& viewers,
                      ProbeSend send, Duration duration, int core);

}  // namespace sipcast::bench
