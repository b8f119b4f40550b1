#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sipcast {

using Bytes = std::vector<uint8_t>;
using BytesView = std::span<const uint8_t>;

inline BytesView as_bytes(std::string_view text) {
  // char and uint8_t may alias each other: this is the one place that says so.
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads big-endian fields. Past the end it yields zeros and sets failed(): one check at the end
/// is enough.
class ByteReader {
 public:
  explicit ByteReader(BytesView bytes) : rest_(bytes) {}
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u24() { return static_cast<uint32_t>(number(3)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  void skip(size_t count) { bytes(count); }
  /// The next `count` bytes; empty, and failed(), when there are fewer.
  BytesView bytes(size_t count) {
    if (count > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const BytesView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  BytesView rest() const { return rest_; }
  size_t remaining() const { return rest_.size(); }
  bool failed() const { return failed_; }

 private:
  uint64_t number(size_t count) {
    uint64_t value = 0;
    for (const uint8_t byte : bytes(count)) value = value << 8 | byte;
    return value;
  }
  BytesView rest_;
  bool failed_ = false;
};

/// Appends big-endian fields to a vector that it borrows.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}
  void u8(uint8_t value) { out_.push_back(value); }
  void u16(uint16_t value) { number(value, 2); }
  void u24(uint32_t value) { number(value, 3); }
  void u32(uint32_t value) { number(value, 4); }
  void u64(uint64_t value) { number(value, 8); }
  void bytes(BytesView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  size_t size() const { return out_.size(); }
  /// Overwrites two bytes written before: a length that is known only now.
  void patch_u16(size_t offset, uint16_t value) {
    out_[offset] = static_cast<uint8_t>(value >> 8);
    out_[offset + 1] = static_cast<uint8_t>(value);
  }
  /// The same with four bytes.
  void patch_u32(size_t offset, uint32_t value) {
    patch_u16(offset, static_cast<uint16_t>(value >> 16));
    patch_u16(offset + 2, static_cast<uint16_t>(value));
  }

 private:
  void number(uint64_t value, int count) {
    for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) {
      out_.push_back(static_cast<uint8_t>(value >> shift));
    }
  }
  Bytes& out_;
};

}  // namespace sipcast
