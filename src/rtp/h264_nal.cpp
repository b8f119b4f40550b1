#include "rtp/h264_nal.hpp"

#include <algorithm>

#include "rtp/bit_reader.hpp"

namespace sipcast::h264 {
namespace {
constexpr size_t kSliceHeaderBytes = 16;  // more than three Exp-Golomb codes of 32 bits need
constexpr uint32_t kMaxSizeInMbs = 1024;  // 16,384 pixels
constexpr uint32_t kMaxFramesInCycle = 255;

/// Takes out emulation prevention bytes, until there are `max` bytes.
UnescapedHead unescape(BytesView body, size_t max) {
  UnescapedHead head;
  head.rbsp.reserve(std::min(body.size(), max));
  int zeros = 0;
  for (; head.escaped_size < body.size() && head.rbsp.size() < max; ++head.escaped_size) {
    const uint8_t byte = body[head.escaped_size];
    if (zeros >= 2 && byte == 3) {
      zeros = 0;
      continue;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    head.rbsp.push_back(byte);
  }
  return head;
}

void skip_scaling_list(BitReader& in, int size) {
  int last = 8, next = 8;
  for (int i = 0; i < size && next != 0 && !in.failed(); ++i) {
    next = (last + in.se() % 256 + 256) % 256;
    if (next != 0) last = next;
  }
}

/// Profiles whose SPS begins with chroma format and scaling lists.
bool is_high(uint8_t profile) {
  constexpr uint8_t kHigh[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
  return std::ranges::find(kHigh, profile) != std::end(kHigh);
}

struct Chroma {
  uint32_t format = 1;
  bool separate_planes = false;
};
Chroma read_chroma_and_scaling(BitReader& in) {
  Chroma chroma;
  chroma.format = in.ue();
  if (chroma.format == 3) chroma.separate_planes = in.flag();
  in.ue();    // bit_depth_luma_minus8
  in.ue();    // bit_depth_chroma_minus8
  in.flag();  // qpprime_y_zero_transform_bypass_flag
  if (in.flag()) {
    for (int i = 0; i < (chroma.format == 3 ? 12 : 8) && !in.failed(); ++i) {
      if (in.flag()) skip_scaling_list(in, i < 6 ? 16 : 64);
    }
  }
  return chroma;
}

void skip_picture_order_count(BitReader& in) {
  const uint32_t type = in.ue();
  if (type == 0) {
    in.ue();  // log2_max_pic_order_cnt_lsb_minus4
  } else if (type == 1) {
    in.flag();  // delta_pic_order_always_zero_flag
    in.se();    // offset_for_non_ref_pic
    in.se();    // offset_for_top_to_bottom_field
    const uint32_t frames = std::min(in.ue(), kMaxFramesInCycle);
    for (uint32_t i = 0; i < frames && !in.failed(); ++i) in.se();
  }
}

/// Size in pixels after cropping; false when it is none.
bool read_size(BitReader& in, const Chroma& chroma, SpsInfo& info) {
  const uint64_t width_mbs = uint64_t{in.ue()} + 1;
  const uint64_t height_units = uint64_t{in.ue()} + 1;
  const uint32_t fields = in.flag() ? 1 : 2;  // frame_mbs_only_flag
  if (fields == 2) in.flag();                 // mb_adaptive_frame_field_flag
  in.flag();                                  // direct_8x8_inference_flag
  if (width_mbs > kMaxSizeInMbs || height_units * fields > kMaxSizeInMbs) return false;
  uint64_t crop_x = 0, crop_y = 0;
  if (in.flag()) {
    const bool planar = chroma.format == 0 || chroma.separate_planes;
    const uint32_t unit_x = !planar && chroma.format != 3 ? 2 : 1;
    const uint32_t unit_y = (!planar && chroma.format == 1 ? 2 : 1) * fields;
    crop_x = uint64_t{in.ue()} * unit_x;
    crop_x += uint64_t{in.ue()} * unit_x;
    crop_y = uint64_t{in.ue()} * unit_y;
    crop_y += uint64_t{in.ue()} * unit_y;
  }
  const uint64_t width = width_mbs * 16, height = height_units * fields * 16;
  if (in.failed() || crop_x >= width || crop_y >= height) return false;
  info.width = static_cast<uint16_t>(width - crop_x);
  info.height = static_cast<uint16_t>(height - crop_y);
  return true;
}
}  // namespace

UnescapedHead slice_header(BytesView body) { return unescape(body, kSliceHeaderBytes); }

void append_escaped(BytesView rbsp, Bytes& out) {
  int zeros = 0;
  for (const uint8_t byte : rbsp) {
    if (zeros >= 2 && byte <= 3) {
      out.push_back(3);
      zeros = 0;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    out.push_back(byte);
  }
}

std::optional<SpsInfo> parse_sps(BytesView nal) {
  if (nal.size() < 4 || nal_type(nal[0]) != kSps) return {};
  const Bytes bytes = unescape(nal.subspan(1), nal.size()).rbsp;
  BitReader in(bytes);
  SpsInfo info;
  info.profile_level_id = in.bits(24);
  const uint32_t id = in.ue();
  Chroma chroma;
  if (is_high(static_cast<uint8_t>(info.profile_level_id >> 16))) {
    chroma = read_chroma_and_scaling(in);
  }
  const uint32_t log2_max_frame_num_minus4 = in.ue();
  skip_picture_order_count(in);
  in.ue();  // max_num_ref_frames
  info.frame_number_gaps_allowed = in.flag();
  if (!read_size(in, chroma, info) || in.failed() || id > 31 || chroma.format > 3 ||
      log2_max_frame_num_minus4 > 12) {
    return {};
  }
  info.frame_number_bits = static_cast<uint8_t>(log2_max_frame_num_minus4 + 4);
  info.separate_planes = chroma.separate_planes;
  info.id = static_cast<uint8_t>(id);
  return info;
}

std::optional<PpsInfo> parse_pps(BytesView nal) {
  if (nal.empty() || nal_type(nal[0]) != kPps) return {};
  const Bytes bytes = slice_header(nal.subspan(1)).rbsp;
  BitReader in(bytes);
  const uint32_t id = in.ue();
  const uint32_t sps_id = in.ue();
  if (in.failed() || id > 255 || sps_id > 31) return {};
  return PpsInfo{.id = static_cast<uint8_t>(id), .sps_id = static_cast<uint8_t>(sps_id)};
}

std::optional<SliceInfo> parse_slice_body(BytesView body) {
  const Bytes bytes = slice_header(body).rbsp;
  BitReader in(bytes);
  const uint32_t first_mb = in.ue();
  in.ue();  // slice_type
  const uint32_t pps_id = in.ue();
  if (in.failed() || pps_id > 255) return {};
  return SliceInfo{.first_mb = first_mb, .pps_id = static_cast<uint8_t>(pps_id)};
}

std::optional<SliceInfo> parse_slice(BytesView nal) {
  if (nal.empty()) return {};
  return parse_slice_body(nal.subspan(1));
}

void append_payloads(BytesView nal, size_t max_payload, std::vector<Bytes>& payloads) {
  if (nal.size() <= max_payload) {
    payloads.emplace_back(nal.begin(), nal.end());
    return;
  }
  const uint8_t indicator = static_cast<uint8_t>((nal[0] & (kForbiddenBit | kNriBits)) | kFuA);
  const BytesView body = nal.subspan(1);
  const size_t room = max_payload - 2;
  const size_t pieces = (body.size() + room - 1) / room;
  for (size_t i = 0; i < pieces; ++i) {
    const size_t begin = body.size() * i / pieces;
    const BytesView piece = body.subspan(begin, body.size() * (i + 1) / pieces - begin);
    Bytes& payload = payloads.emplace_back();
    payload.reserve(2 + piece.size());
    payload.push_back(indicator);
    payload.push_back(static_cast<uint8_t>(nal_type(nal[0]) | (i == 0 ? kFuStart : 0) |
                                           (i + 1 == pieces ? kFuEnd : 0)));
    payload.insert(payload.end(), piece.begin(), piece.end());
  }
}

}  // namespace sipcast::h264
