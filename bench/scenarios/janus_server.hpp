#pragma once
#include <memory>
#include <string>

#include "bench/load/process.hpp"
#include "bench/load/rtp_phone.hpp"
#include "bench/load/signalling.hpp"

namespace sipcast::bench {

/// Debian's Janus with one RTP mountpoint of its streaming plugin (H.264 and PCMA), ICE-lite, on
/// free ports of the loopback. Throws std::runtime_error when it does not start.
class JanusServer {
 public:
  JanusServer(const std::string& folder, int core);
  /// Null when the package `janus` is not installed.
  static std::unique_ptr<JanusServer> start(const std::string& folder, int core);

  std::unique_ptr<Signalling> signalling() const;
  const RtpPhone::To& phone_to() const { return to_; }
  Process& process() { return *process_; }

 private:
  SocketAddress http_;
  RtpPhone::To to_;
  std::unique_ptr<Process> process_;
};

}  // namespace sipcast::bench
