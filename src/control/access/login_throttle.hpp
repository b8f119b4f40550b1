#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/socket_address.hpp"
#include "base/time.hpp"

namespace sipcast {

/// Counts failed log-ins by their source (an IPv4 address, a /64 of IPv6): one with too many of
/// them within a window waits for its end. A plain object: time goes in.
class LoginThrottle {
 public:
  struct Options {
    uint32_t max_failures = 10;  ///< within one window; 0: no limit
    Duration window = std::chrono::minutes(1);
    size_t max_sources = 10'000;  ///< at that many the oldest is forgotten
  };
  explicit LoginThrottle(Options options) : options_(options) {}
  /// How long this source has to wait; none: it may try.
  std::optional<Duration> blocked(const SocketAddress& source, Instant now);
  void failed(const SocketAddress& source, Instant now);
  size_t sources() const { return sources_.size(); }

 private:
  struct Source {
    Instant since;
    uint32_t failures = 0;
  };
  static std::string key_of(const SocketAddress& source);
  Options options_;
  std::map<std::string, Source> sources_;
};

}  // namespace sipcast
