#pragma once
#include "base/bytes.hpp"

namespace sipcast {

/// Reads bits, most significant first, and the Exp-Golomb codes of H.264 §9.1. Past the end it
/// yields zeros and sets failed().
class BitReader {
 public:
  explicit BitReader(BytesView bytes) : bytes_(bytes) {}
  bool flag() { return bits(1) != 0; }
  /// @param count  at most 32
  uint32_t bits(unsigned count) {
    uint32_t value = 0;
    for (; count > 0; --count) value = value << 1 | bit();
    return value;
  }
  /// ue(v); codes of more than 32 bits set failed().
  uint32_t ue() {
    unsigned zeros = 0;
    while (!failed_ && bit() == 0) {
      if (++zeros > 31) failed_ = true;
    }
    return failed_ ? 0 : (1u << zeros) - 1 + bits(zeros);
  }
  /// se(v).
  int32_t se() {
    const int64_t code = ue();
    return static_cast<int32_t>(code % 2 != 0 ? (code + 1) / 2 : -(code / 2));
  }
  bool failed() const { return failed_; }
  /// Bits read so far.
  size_t position() const { return next_; }

 private:
  uint32_t bit() {
    if (next_ >= bytes_.size() * 8) {
      failed_ = true;
      return 0;
    }
    const uint32_t value = bytes_[next_ / 8] >> (7 - next_ % 8) & 1;
    ++next_;
    return value;
  }
  BytesView bytes_;
  size_t next_ = 0;
  bool failed_ = false;
};

}  // namespace sipcast
