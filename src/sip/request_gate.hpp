#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/socket_address.hpp"
#include "base/time.hpp"

namespace sipcast::sip {

/// Stands in front of the parser: drops requests of known scanners, and those of a source that
/// sends more than its rate, at the price of a look-up. Whoever we have sent a request to is
/// trusted for an hour. Responses always pass: only transactions of ours take them. Control loop.
class RequestGate {
 public:
  struct Options {
    unsigned requests_per_second =
        20;                       ///< of a stranger; three seconds' worth at once; 0: no limit
    size_t max_sources = 10'000;  ///< remembered; beyond that all strangers share one bucket
  };
  enum class Verdict : uint8_t { Pass, Scanner, TooMany };
  explicit RequestGate(const Options& options) : options_(options) {}

  void trust(const SocketAddress& peer, Instant now);
  Verdict check(BytesView message, const SocketAddress& from, Instant now);
  uint64_t dropped() const { return dropped_; }

 private:
  struct Source {
    double tokens = 0;
    Instant at{};
    std::optional<Instant> trusted_until;
  };
  Source& source_of(const SocketAddress& from, Instant now);
  void forget_idle(Instant now);

  Options options_;
  std::unordered_map<SocketAddress, Source> sources_;  ///< by IP; port 0
  Source others_;
  uint64_t dropped_ = 0;
};

}  // namespace sipcast::sip
