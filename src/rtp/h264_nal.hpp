#pragma once
#include <optional>

#include "base/bytes.hpp"

namespace sipcast::h264 {

/// NAL unit types (H.264 table 7-1) and payload structures of RTP (RFC 6184 table 1).
enum NalType : uint8_t {
  kSlice = 1,
  kPartitionA = 2,
  kPartitionC = 4,
  kIdrSlice = 5,
  kSei = 6,
  kSps = 7,
  kPps = 8,
  kAccessUnitDelimiter = 9,
  kLastNalType = 23,
  kStapA = 24,
  kFuA = 28,
};
constexpr uint8_t nal_type(uint8_t first_byte) { return first_byte & 0x1f; }
inline constexpr uint8_t kNriBits = 0x60, kForbiddenBit = 0x80;
inline constexpr uint8_t kFuStart = 0x80, kFuEnd = 0x40;

struct SpsInfo {
  uint8_t id = 0;                 ///< 0-31
  uint32_t profile_level_id = 0;  ///< as in SDP, e.g. 0x42e01f
  uint16_t width = 0;             ///< in pixels, after cropping
  uint16_t height = 0;
  uint8_t frame_number_bits = 4;  ///< log2 of MaxFrameNum, 4-16
  bool frame_number_gaps_allowed = false;
  bool separate_planes = false;  ///< slices name their colour plane
};
struct PpsInfo {
  uint8_t id = 0;      ///< 0-255
  uint8_t sps_id = 0;  ///< 0-31
};
struct SliceInfo {
  uint32_t first_mb = 0;
  uint8_t pps_id = 0;
};
/// From a whole NAL unit (§7.3.2.1.1); none when it is cut off or has values out of range.
std::optional<SpsInfo> parse_sps(BytesView nal);
std::optional<PpsInfo> parse_pps(BytesView nal);
/// From the beginning of a coded slice (§7.3.3), types 1, 2 and 5.
std::optional<SliceInfo> parse_slice(BytesView nal);
/// The same when the NAL unit's header byte is not in front of its body (FU-A).
std::optional<SliceInfo> parse_slice_body(BytesView body);

/// The beginning of a NAL unit's body without emulation prevention bytes (§7.4.1): more than any
/// slice header's fields up to frame_num.
struct UnescapedHead {
  Bytes rbsp;
  size_t escaped_size = 0;  ///< bytes of the body that it stands for
};
UnescapedHead slice_header(BytesView body);
/// Appends `rbsp` with emulation prevention bytes.
void append_escaped(BytesView rbsp, Bytes& out);

/// How many RTP payloads `nal` needs, and each of them (RFC 6184 §5.6, §5.8): one single NAL unit
/// packet or FU-As of nearly equal sizes. `max_payload` is at least 16.
void append_payloads(BytesView nal, size_t max_payload, std::vector<Bytes>& payloads);

}  // namespace sipcast::h264
