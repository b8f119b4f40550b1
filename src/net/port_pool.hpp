#pragma once
#include <cstdint>
#include <deque>
#include <memory>

#include "base/result.hpp"

namespace sipcast {

/// Even/odd port pairs for RTP and RTCP (RFC 3550 §11) out of a range, least recently used first,
/// so that late packets of an ended call meet a closed port. Thread: its owner's.
class PortPool {
 public:
  /// `first` and `last` inclusive; an odd first port is rounded up.
  PortPool(uint16_t first, uint16_t last);
  /// Returns its pair to the pool when destroyed.
  class Pair {
   public:
    Pair() = default;
    Pair(Pair&&) noexcept;
    Pair& operator=(Pair&&) noexcept;
    ~Pair();
    uint16_t rtp() const { return rtp_; }
    uint16_t rtcp() const { return static_cast<uint16_t>(rtp_ + 1); }

   private:
    friend class PortPool;
    struct Free;
    std::shared_ptr<Free> pool_;
    uint16_t rtp_ = 0;
  };
  /// Errors: Exhausted.
  Result<Pair> take();
  size_t free_pairs() const;
  size_t total_pairs() const;

 private:
  std::shared_ptr<Pair::Free> free_;
  size_t total_;
};

}  // namespace sipcast
