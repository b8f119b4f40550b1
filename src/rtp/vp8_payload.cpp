#include "rtp/vp8_payload.hpp"

namespace sipcast::vp8 {

std::optional<Payload> parse_payload(BytesView payload) {
  ByteReader in(payload);
  const unsigned first = in.u8();  // X R N S R PID
  if (first & 0x80) {
    const unsigned fields = in.u8();                      // I L T K
    if ((fields & 0x80) && (in.u8() & 0x80)) in.skip(1);  // PictureID of 7 or 15 bits
    if (fields & 0x40) in.skip(1);                        // TL0PICIDX
    if (fields & 0x30) in.skip(1);                        // TID, Y, KEYIDX
  }
  if (in.failed() || in.remaining() == 0) return {};
  return Payload{.partition_start = (first & 0x10) != 0,
                 .partition = static_cast<uint8_t>(first & 0x07),
                 .bytes = in.rest()};
}

std::optional<FrameInfo> parse_frame(BytesView frame) {
  ByteReader in(frame);
  const uint32_t tag = in.u24();  // size, show_frame, version, and the inverse keyframe bit
  if (in.failed()) return {};
  if (tag & 0x010000) return FrameInfo{};
  const uint32_t start_code = in.u24();
  const uint16_t width = in.u16(), height = in.u16();  // little-endian, 14 bits and the scale
  if (in.failed() || start_code != 0x9d012a) return {};
  const auto size = [](uint16_t field) {
    return static_cast<uint16_t>((field >> 8 | field << 8) & 0x3fff);
  };
  return FrameInfo{.keyframe = true, .width = size(width), .height = size(height)};
}

}  // namespace sipcast::vp8
