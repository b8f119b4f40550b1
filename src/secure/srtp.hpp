#pragma once
#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "secure/srtp_cipher.hpp"

namespace sipcast {

/// The 48-bit index that `sequence` most likely has when `highest` is the largest known
/// (RFC 3711 §3.3.1). Before the first wrap an older number stays in the first round.
constexpr uint64_t estimate_index(uint64_t highest, uint16_t sequence) {
  const auto last = static_cast<uint16_t>(highest);
  const uint64_t rollover = highest >> 16;
  uint64_t guess = rollover;
  if (last < 0x8000) {
    if (sequence - last > 0x8000 && rollover > 0) guess = rollover - 1;
  } else if (last - 0x8000 > sequence) {
    guess = (rollover + 1) & 0xffffffff;
  }
  return guess << 16 | sequence;
}
static_assert(estimate_index(0x0ffff, 0) == 0x10000);
static_assert(estimate_index(0x10002, 0xfffe) == 0x0fffe);
static_assert(estimate_index(0x00002, 0xfffe) == 0x0fffe);

/// Which of the last 128 indexes were seen (RFC 3711 §3.3.2).
class ReplayWindow {
 public:
  bool accepts(uint64_t index) const;
  void add(uint64_t index);
  uint64_t highest() const { return highest_; }

 private:
  std::bitset<128> seen_;  // bit n: highest_ - n
  uint64_t highest_ = 0;
};

/// Seals RTP of up to kMaxSources SSRCs of ours. No allocation per packet.
class SrtpSender {
 public:
  static constexpr size_t kMaxSources = 4;
  static Result<SrtpSender> create(const SrtpMasterKey& master);
  size_t overhead() const { return cipher_.tag_size(); }  ///< 4, 10 or 16
  /// Copies `header` (12 bytes or more, with CSRCs and extension), encrypts `payload` behind it,
  /// and adds the tag. Returns the size written; 0 when `out` is too small, the header is short, or
  /// there are more SSRCs than kMaxSources. `out` may not overlap the others. Older sequence
  /// numbers (a resend) get the rollover counter that they had; the first number of an SSRC should
  /// be below 32768, or a receiver that misses the first wrap never finds the counter.
  size_t seal(BytesView header, BytesView payload, std::span<uint8_t> out);

 private:
  struct Source {
    uint32_t ssrc = 0;
    uint64_t highest = 0;
  };
  explicit SrtpSender(SrtpCipher cipher) : cipher_(std::move(cipher)) {}
  Source* source(uint32_t ssrc, uint16_t first);
  SrtpCipher cipher_;
  std::array<Source, kMaxSources> sources_{};
  size_t source_count_ = 0;
};

/// Seals RTCP compounds (RFC 3711 §3.4, RFC 7714 §9), always encrypted. One index for all SSRCs.
class SrtcpSender {
 public:
  static Result<SrtcpSender> create(const SrtpMasterKey& master);
  size_t overhead() const { return cipher_.tag_size() + 4; }  ///< 14 or 20
  /// Returns the size written; 0 when `plain` is under 8 bytes, `out` is too small, or 2^31
  /// compounds were sent.
  size_t seal(BytesView plain, std::span<uint8_t> out);

 private:
  explicit SrtcpSender(SrtpCipher cipher) : cipher_(std::move(cipher)) {}
  SrtpCipher cipher_;
  uint32_t next_index_ = 0;
};

/// Remote SSRCs and what was seen of them; an SSRC enters only after authentication.
class ReplayTable {
 public:
  static constexpr size_t kMaxSources = 16;
  ReplayWindow* find(uint32_t ssrc);
  bool full() const { return sources_.size() >= kMaxSources; }
  void add(uint32_t ssrc, uint64_t index);

 private:
  struct Source {
    uint32_t ssrc;
    ReplayWindow window;
  };
  std::vector<Source> sources_;
};

/// Opens RTP of up to 16 remote SSRCs.
class SrtpReceiver {
 public:
  static Result<SrtpReceiver> create(const SrtpMasterKey& master);
  /// Writes the plain packet to `out`, which may not overlap, and returns its size. Errors:
  /// Truncated, BadVersion, InvalidArgument (`out` too small), AlreadyExists (replayed or older
  /// than the window), Unauthorized (wrong tag), Exhausted (too many SSRCs).
  Result<size_t> open(BytesView sealed, std::span<uint8_t> out);

 private:
  explicit SrtpReceiver(SrtpCipher cipher) : cipher_(std::move(cipher)) {}
  SrtpCipher cipher_;
  ReplayTable replay_;
};

/// Opens RTCP compounds of up to 16 remote SSRCs, encrypted or only authenticated.
class SrtcpReceiver {
 public:
  static Result<SrtcpReceiver> create(const SrtpMasterKey& master);
  /// As SrtpReceiver::open.
  Result<size_t> open(BytesView sealed, std::span<uint8_t> out);

 private:
  explicit SrtcpReceiver(SrtpCipher cipher) : cipher_(std::move(cipher)) {}
  SrtpCipher cipher_;
  ReplayTable replay_;
};

}  // namespace sipcast
