#pragma once
#include <cstdint>

namespace sipcast {

/// 16 bits that wrap (RFC 3550 §5.1). No operator<: on a ring only a distance has a meaning.
class SequenceNumber {
 public:
  constexpr SequenceNumber() = default;
  constexpr explicit SequenceNumber(uint16_t value) : value_(value) {}
  constexpr uint16_t value() const { return value_; }
  constexpr SequenceNumber plus(int steps) const {
    return SequenceNumber(static_cast<uint16_t>(value_ + steps));
  }
  /// Packets from `other` to this one, in [-32768, 32767]; negative when this one is older.
  constexpr int distance_from(SequenceNumber other) const {
    return static_cast<int16_t>(static_cast<uint16_t>(value_ - other.value_));
  }
  friend constexpr bool operator==(SequenceNumber, SequenceNumber) = default;

 private:
  uint16_t value_ = 0;
};
static_assert(SequenceNumber{2}.distance_from(SequenceNumber{65534}) == 4);

}  // namespace sipcast
