#pragma once
#include <optional>

#include "base/bytes.hpp"

namespace sipcast::vp8 {

/// What we read of a payload (RFC 7741 §4.2): the descriptor's S and PID, and the VP8 bytes.
struct Payload {
  bool partition_start = false;
  uint8_t partition = 0;
  BytesView bytes;  ///< not empty
  bool starts_frame() const { return partition_start && partition == 0; }
};
/// None when the payload ends within the descriptor or has no VP8 bytes.
std::optional<Payload> parse_payload(BytesView payload);

struct FrameInfo {
  bool keyframe = false;
  uint16_t width = 0;  ///< keyframes only, in pixels before scaling
  uint16_t height = 0;
};
/// From the beginning of a frame (RFC 6386 §9.1); none when it is no VP8 frame header.
std::optional<FrameInfo> parse_frame(BytesView frame);

}  // namespace sipcast::vp8
