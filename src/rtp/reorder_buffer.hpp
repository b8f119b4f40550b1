#pragma once
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "rtp/rtp_parser.hpp"

namespace sipcast {

/// A received packet that owns its bytes.
struct StoredRtp {
  Bytes bytes;   ///< the whole datagram
  RtpView view;  ///< points into `bytes`
  Instant arrival;
  bool gap_before = false;  ///< packets before this one were given up
};

struct ReorderStats {
  uint64_t received_total = 0, duplicates_total = 0, late_total = 0, reordered_total = 0,
           lost_total = 0, restarts_total = 0;
};

/// Puts packets back in order (RFC 3550 §A.1). One per track, on its media loop; needs no clock.
class ReorderBuffer {
 public:
  /// @param max_wait  how long a gap may hold back later packets; 0 turns reordering off
  /// @param capacity  packets held at most; a jump of more than 3,000 (twice, consecutive) or a new
  /// SSRC
  ///                  is taken for a restart of the sender
  ReorderBuffer(Duration max_wait, size_t capacity);
  /// Takes one packet (bytes are copied) and appends to `out` all that are now in order, oldest
  /// first. Duplicates and packets older than the last one given out are dropped and counted.
  void push(const RtpView& rtp, BytesView datagram, Instant now, std::vector<StoredRtp>& out);
  /// When the oldest gap is given up; none while there is no gap.
  std::optional<Instant> deadline() const;
  /// Gives up gaps that are due at `now`.
  void on_timer(Instant now, std::vector<StoredRtp>& out);
  const ReorderStats& stats() const { return stats_; }

 private:
  struct Impl;
  void release(std::vector<StoredRtp>& out);
  Duration max_wait_;
  size_t capacity_;
  std::map<int64_t, StoredRtp> held_;  // by extended sequence number
  std::optional<int64_t> next_;        // extended sequence number to give out next
  std::optional<Ssrc> ssrc_;
  std::optional<SequenceNumber> probation_;  // successor of a packet that jumped too far
  ReorderStats stats_;
};

}  // namespace sipcast
