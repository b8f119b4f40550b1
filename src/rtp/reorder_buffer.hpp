#pragma once
#include <bitset>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "rtp/rtp_parser.hpp"

namespace sipcast {

/// A received packet that owns its bytes. Move it, do not copy it: a copy's view would point into
/// the original's bytes.
struct StoredRtp {
  Bytes bytes;   ///< the whole datagram
  RtpView view;  ///< points into `bytes`
  Instant arrival;
  bool gap_before = false;  ///< packets before this one were given up, or the sender restarted
};

struct ReorderStats {
  uint64_t received_total = 0, duplicates_total = 0, late_total = 0, reordered_total = 0,
           lost_total = 0, restarts_total = 0;
};

/// Puts packets back in order (RFC 3550 §A.1). How long a gap may hold back what follows is learnt:
/// a leg that only loses packets is not waited for, one that swaps them is. One per track, on its
/// media loop; needs no clock.
class ReorderBuffer {
 public:
  /// The wait for a gap: `least` at the start and on legs that keep the order, `most` on any.
  struct Wait {
    Duration least, most;
  };
  /// @param wait      {0, 0} turns reordering off
  /// @param capacity  packets held at most; a jump of more than 3,000 (twice, consecutive) or a new
  ///                  SSRC is taken for a restart of the sender
  ReorderBuffer(Wait wait, size_t capacity);
  /// Takes one packet (bytes are copied) and appends to `out` all that are now in order, oldest
  /// first. Duplicates and packets older than the last one given out are dropped and counted. The
  /// views of `rtp` must point into `datagram`.
  void push(const RtpView& rtp, BytesView datagram, Instant now, std::vector<StoredRtp>& out);
  /// Gives out all that is held, over its gaps.
  void flush(std::vector<StoredRtp>& out);
  /// The next packet begins a new row, whatever its number.
  void begin_anew() { ssrc_.reset(); }
  /// When the oldest gap is given up; none while there is no gap.
  std::optional<Instant> deadline() const;
  /// Gives up gaps that are due at `now`.
  void on_timer(Instant now, std::vector<StoredRtp>& out);
  const ReorderStats& stats() const { return stats_; }

 private:
  static constexpr size_t kMemory = 4096;  // more than a jump may be
  void restart(const RtpView& rtp, std::vector<StoredRtp>& out);
  void insert(int64_t extended, StoredRtp&& packet);
  void drop_old(int64_t extended);
  void wait_for(Duration overtaken_by);
  bool on_probation(const RtpView& rtp, BytesView datagram, Instant now,
                    std::vector<StoredRtp>& out);
  void release(std::vector<StoredRtp>& out);
  void give_up_oldest_gap(std::vector<StoredRtp>& out);
  bool was_given(int64_t extended) const {
    return given_[static_cast<uint64_t>(extended) % kMemory];
  }
  void remember(int64_t extended, bool given) {
    given_[static_cast<uint64_t>(extended) % kMemory] = given;
  }

  Wait limits_;
  Duration wait_;
  size_t capacity_;
  std::map<int64_t, StoredRtp> held_;  // by extended sequence number; never holds next_
  int64_t next_ = 0;                   // extended sequence number to give out next
  std::optional<Ssrc> ssrc_;
  std::bitset<kMemory> given_;          // of the last numbers before next_: given out, or given up
  std::optional<StoredRtp> probation_;  // a packet that jumped too far: its successor confirms it
  bool gap_ = false;                    // before next_
  ReorderStats stats_;
};

}  // namespace sipcast
