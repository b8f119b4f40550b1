#pragma once
#include <map>
#include <random>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace sipcast {

/// One direction of a network in virtual time: loses, delays, swaps and doubles datagrams as its
/// seed says, the same on every run.
class SimulatedLink {
 public:
  struct Weather {
    double loss = 0;       ///< 0-1, of single datagrams
    double duplicate = 0;  ///< 0-1
    Duration delay{};      ///< of every datagram
    Duration jitter{};     ///< uniform on top: more than the distance of two lets them swap
  };
  SimulatedLink(const Weather& weather, unsigned seed) : weather_(weather), chance_(seed) {}

  /// False when the datagram was lost.
  bool send(BytesView datagram, Instant now) {
    if (happens(weather_.loss)) return false;
    do {
      arrivals_.emplace(now + weather_.delay + jitter(), Bytes(datagram.begin(), datagram.end()));
    } while (happens(weather_.duplicate));
    return true;
  }
  std::optional<Instant> next_arrival() const {
    return arrivals_.empty() ? std::nullopt : std::optional(arrivals_.begin()->first);
  }
  /// The datagram of next_arrival().
  Bytes receive() { return std::move(arrivals_.extract(arrivals_.begin()).mapped()); }

 private:
  bool happens(double probability) {
    return std::uniform_real_distribution<>(0, 1)(chance_) < probability;
  }
  Duration jitter() {
    return Duration(std::uniform_int_distribution<int64_t>(0, weather_.jitter.count())(chance_));
  }
  Weather weather_;
  std::mt19937 chance_;
  std::multimap<Instant, Bytes> arrivals_;
};

}  // namespace sipcast
