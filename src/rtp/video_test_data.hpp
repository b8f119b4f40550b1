#pragma once
#include <string_view>

#include "rtp/h264_nal.hpp"

namespace sipcast::testdata {

inline Bytes from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Bytes bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  }
  return bytes;
}

class BitWriter {
 public:
  void bits(uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i) {
      if (used_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() = static_cast<uint8_t>(bytes_.back() | (value >> i & 1) << (7 - used_ % 8));
      ++used_;
    }
  }
  void ue(uint32_t value) {
    int length = 0;
    while ((value + 1) >> (length + 1)) ++length;
    bits(0, length);
    bits(value + 1, length + 1);
  }
  /// With the stop bit.
  Bytes take() {
    bits(1, 1);
    return std::move(bytes_);
  }

 private:
  Bytes bytes_;
  int used_ = 0;
};

inline Bytes nal(uint8_t header, const Bytes& body) {
  Bytes out{header};
  out.insert(out.end(), body.begin(), body.end());
  return out;
}
/// Constrained baseline, level 3.1, without emulation prevention: small sizes only. Gaps in
/// frame_num are allowed, for that of the slices below is noise.
inline Bytes sps(uint8_t id, uint32_t width_mbs, uint32_t height_mbs) {
  BitWriter out;
  out.bits(0x42e01f, 24);
  out.ue(id);
  for (const uint32_t value : {0u, 2u, 1u}) out.ue(value);  // frame_num, order type, references
  out.bits(1, 1);
  out.ue(width_mbs - 1);
  out.ue(height_mbs - 1);
  out.bits(0b1100, 4);  // frames only, direct 8x8, no cropping, no VUI
  return nal(0x67, out.take());
}
/// Different values of `qp` make different sets.
inline Bytes pps(uint8_t id, uint8_t sps_id, uint32_t qp = 0) {
  BitWriter out;
  out.ue(id);
  out.ue(sps_id);
  out.ue(qp);
  return nal(0x68, out.take());
}
/// A slice of `size` bytes whose header is right and whose data is noise without start codes.
inline Bytes slice(uint8_t header, uint32_t first_mb, size_t size, uint8_t pps_id = 0) {
  BitWriter out;
  out.ue(first_mb);
  out.ue(h264::nal_type(header) == h264::kIdrSlice ? 7 : 5);
  out.ue(pps_id);
  Bytes bytes = nal(header, out.take());
  for (uint32_t noise = first_mb + 1; bytes.size() < size;) {
    noise = noise * 1664525 + 1013904223;
    bytes.push_back(static_cast<uint8_t>(noise >> 24 | 1));
  }
  return bytes;
}
inline Bytes idr(size_t size, uint32_t first_mb = 0, uint8_t pps_id = 0) {
  return slice(0x65, first_mb, size, pps_id);
}
inline Bytes p_slice(size_t size, uint32_t first_mb = 0, uint8_t pps_id = 0) {
  return slice(0x41, first_mb, size, pps_id);
}
inline Bytes stap_a(const std::vector<Bytes>& nals, uint8_t header = 0x78) {
  Bytes out{header};
  ByteWriter writer(out);
  for (const Bytes& unit : nals) {
    writer.u16(static_cast<uint16_t>(unit.size()));
    writer.bytes(unit);
  }
  return out;
}

/// A frame of VP8 with the right header and noise.
inline Bytes vp8_frame(bool keyframe, size_t size) {
  Bytes bytes = keyframe ? from_hex("b043009d012a40016801") : from_hex("b14300");
  while (bytes.size() < size) bytes.push_back(static_cast<uint8_t>(bytes.size() * 7));
  return bytes;
}

/// What x264 and libvpx made of ffmpeg's test picture.
namespace real {
inline const Bytes kSps176x144 = from_hex("6742c00ad902c4ec0440000003004000000503c48992");
inline const Bytes kSps1920x1080High =
    from_hex("67640028acd940780227e5c044000003000400000300503c60c658");
inline const Bytes kSps640x360 = from_hex("6742c01fd900a02ff97011000003000100000300140f183248");
inline const Bytes kSps720x576Interlaced =
    from_hex("674d401eeca05a126c0440000003004000000c87c50a6580");
inline const Bytes kSps64x64High444 = from_hex("67f4000a919b2884d80880000003008000000a078912cb");
inline const Bytes kPps = from_hex("68cb804d2c80");
inline const Bytes kIdrBegin = from_hex("6588843f2628000805fc3ffe");
inline const Bytes kPBegin = from_hex("419a39e043e5eaa784ab5243");
inline const Bytes kVp8Keyframe176x144 = from_hex("b043009d012ab0009000000708858588");
}  // namespace real

}  // namespace sipcast::testdata
