#pragma once
#include <cstdint>
#include <string_view>

namespace sipcast::http {

/// What a Range header asks of a body (RFC 9110 §14.2).
struct ByteRange {
  enum class Kind : uint8_t {
    Whole,          ///< no range, or one that may be ignored: 200
    Part,           ///< 206
    Unsatisfiable,  ///< 416
  };
  Kind kind = Kind::Whole;
  uint64_t first = 0, length = 0;
};

/// `header` is the value of Range, "" when there is none; `size` is that of the body. Several
/// ranges and units that are not bytes are ignored, as a server may.
ByteRange parse_byte_range(std::string_view header, uint64_t size);

}  // namespace sipcast::http
