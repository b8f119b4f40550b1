#pragma once
#include <cstdint>
#include <string_view>

#include "config/option_table.hpp"
#include "control/device_rules.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast {

/// Packetization modes of H.264 that phones are offered (RFC 6184 §5.4).
enum class H264Mode : uint8_t { Both, Single, NonInterleaved };
/// profile_idc and constraint bits of a profile-level-id.
enum class H264Profile : uint16_t {
  ConstrainedBaseline = 0x42e0,
  Baseline = 0x4200,
  Main = 0x4d00,
  High = 0x6400,
};

/// What our descriptions say to phones, and what a rule of `sip.devices` may say otherwise.
struct DeviceOptions {
  sdp::SrtpMode srtp = sdp::SrtpMode::Off;
  sdp::Direction direction = sdp::Direction::SendRecv;
  H264Mode h264_mode = H264Mode::Both;
  H264Profile h264_profile = H264Profile::ConstrainedBaseline;
  uint16_t h264_level = 31;
  uint32_t h264_max_fs = 0, h264_max_mbps = 0, h264_max_br = 0;
  uint16_t video_width = 0, video_height = 0;
  uint32_t video_bandwidth = 0;
};

/// Adds them as `sip.srtp` and so on.
void declare_device_options(config::OptionTable& table, DeviceOptions& o);
/// Without addresses, ports and keys.
sdp::SipLocal local_side(const DeviceOptions& options);
/// Reads `sip.devices`: rules divided by ';', each of conditions (account=, callee=, patterns with
/// *) and of device options without their "sip.". What a rule does not say is as in `usual`.
/// Errors: InvalidArgument naming the rule and the word.
Result<DeviceRules> parse_device_rules(std::string_view text, const DeviceOptions& usual);

}  // namespace sipcast
