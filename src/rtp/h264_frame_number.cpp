#include "rtp/h264_frame_number.hpp"

#include "base/check.hpp"
#include "rtp/bit_reader.hpp"

namespace sipcast::h264 {
namespace {

/// Where frame_num stands in a slice's body without emulation prevention.
struct Place {
  size_t bit;
  uint32_t value;
};

std::optional<Place> find(BytesView slice_rbsp, const SpsInfo& sps) {
  BitReader in(slice_rbsp);
  in.ue();                              // first_mb_in_slice
  in.ue();                              // slice_type
  in.ue();                              // pic_parameter_set_id
  if (sps.separate_planes) in.bits(2);  // colour_plane_id
  const size_t bit = in.position();
  const uint32_t value = in.bits(sps.frame_number_bits);
  if (in.failed()) return {};
  return Place{.bit = bit, .value = value};
}

void put_bits(Bytes& bytes, size_t at, uint32_t value, unsigned count) {
  for (; count > 0; --count, ++at) {
    const auto mask = static_cast<uint8_t>(0x80 >> at % 8);
    uint8_t& byte = bytes[at / 8];
    byte = static_cast<uint8_t>((value >> (count - 1) & 1) != 0 ? byte | mask : byte & ~mask);
  }
}

uint32_t modulo(uint32_t number, const SpsInfo& sps) {
  return number & ((1u << sps.frame_number_bits) - 1);
}
}  // namespace

std::optional<uint32_t> frame_number(BytesView slice, const SpsInfo& sps) {
  if (slice.empty()) return {};
  const auto place = find(slice_header(slice.subspan(1)).rbsp, sps);
  return place ? std::optional(place->value) : std::nullopt;
}

Bytes with_frame_number(BytesView slice, const SpsInfo& sps, uint32_t number) {
  const BytesView body = slice.subspan(1);
  UnescapedHead head = slice_header(body);
  const auto place = find(head.rbsp, sps);
  CHECK(place.has_value());
  put_bits(head.rbsp, place->bit, number, sps.frame_number_bits);
  Bytes out{slice[0]};
  append_escaped(head.rbsp, out);
  const BytesView rest = body.subspan(head.escaped_size);
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

uint32_t FrameNumberLine::shift_of(BytesView slice, const SpsInfo& sps, bool after_loss) {
  const auto number = frame_number(slice, sps);
  if (!number) return 0;
  if (nal_type(slice[0]) == kIdrSlice) {
    reference_.reset();
    shift_ = 0;
  }
  // The second field of a reference frame has its number; all others have the next one.
  const uint32_t next = reference_ ? modulo(*reference_ + 1, sps) : *number;
  uint32_t given = modulo(*number - shift_, sps);
  if (after_loss && reference_ && given != next && given != *reference_ &&
      !sps.frame_number_gaps_allowed) {
    shift_ = modulo(*number - next, sps);
    given = next;
  }
  const bool is_reference = (slice[0] & kNriBits) != 0;
  if (is_reference) reference_ = given;
  return shift_;
}

}  // namespace sipcast::h264
