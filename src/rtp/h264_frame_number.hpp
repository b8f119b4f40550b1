#pragma once
#include <optional>
#include <vector>

#include "rtp/h264_nal.hpp"

namespace sipcast::h264 {

/// frame_num of a coded slice, types 1, 2 and 5 (H.264 §7.3.3); none when its header is cut off.
/// `sps` is the one that the slice refers to.
std::optional<uint32_t> frame_number(BytesView slice, const SpsInfo& sps);
/// The same slice with another frame_num; it may be a byte longer or shorter, for emulation
/// prevention. Must have a frame_number().
Bytes with_frame_number(BytesView slice, const SpsInfo& sps, uint32_t number);

/// Closes the gaps that lost pictures leave in frame_num (§7.4.3), as sequence numbers are closed
/// over lost packets: Chromium's decoder concealed a gap, but showed nothing until the next IDR
/// when the lost pictures were where frame_num wraps. One per track.
class FrameNumberLine {
 public:
  /// Takes the next picture in decoding order, by its first slice with a header. What is to be
  /// subtracted from frame_num in all of its slices, modulo the SPS' MaxFrameNum.
  /// @param after_loss  pictures since the last IDR may be missing
  uint32_t shift_of(BytesView slice, const SpsInfo& sps, bool after_loss);

 private:
  std::optional<uint32_t> reference_;  // frame_num given to the last reference picture
  uint32_t shift_ = 0;
};

}  // namespace sipcast::h264
