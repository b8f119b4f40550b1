#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace sipcast::sdp {

/// What an H.264 fmtp says (RFC 6184 §8.1).
struct H264Format {
  std::optional<uint8_t> packetization_mode;  ///< none: not said, which means 0; 3: unreadable
  uint32_t profile_level_id = 0;              ///< e.g. 0x42e01f; 0: not said
  std::vector<Bytes> parameter_sets;          ///< SPS and PPS only, at most 16 of 2 KiB each
};
H264Format parse_h264_fmtp(std::string_view fmtp);

/// How near `offered` comes to `wanted`, both profile-level-ids: 0 is best. Level counts for
/// nothing. In this order: the same bits, the same profile by RFC 6184 table 5, the same
/// profile_idc, constrained baseline, baseline, anything. An `offered` of 0 is plain baseline.
int h264_profile_distance(uint32_t wanted, uint32_t offered);

/// The value of sprop-parameter-sets: NAL units in base64, with commas between.
std::string encode_parameter_sets(const std::vector<Bytes>& nal_units);

/// The profile-level-id that the first SPS among `nal_units` begins with; 0: there is none.
uint32_t profile_of_parameter_sets(const std::vector<Bytes>& nal_units);

}  // namespace sipcast::sdp
