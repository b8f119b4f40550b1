#include "sdp/h264_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "sdp/base64.hpp"
#include "sdp/payload_format.hpp"

namespace sipcast::sdp {
namespace {

constexpr size_t kMaxParameterSets = 16;
constexpr size_t kMaxParameterSetBytes = 2048;

int nal_type(const Bytes& nal) { return nal.empty() ? 0 : nal[0] & 31; }

std::vector<Bytes> decode_parameter_sets(std::string_view value) {
  std::vector<Bytes> sets;
  for (const std::string_view piece : split(value, ',')) {
    if (sets.size() == kMaxParameterSets) break;
    if (piece.size() > kMaxParameterSetBytes * 4 / 3) continue;
    Bytes nal = decode_base64(trim(piece));
    const int type = nal_type(nal);
    if (nal.size() >= 2 && (type == 7 || type == 8)) sets.push_back(std::move(nal));
  }
  return sets;
}

enum class Profile : uint8_t { ConstrainedBaseline, Baseline, Main, Extended, High, Other };

/// RFC 6184 table 5: one profile may be written in several ways.
Profile profile_of(uint32_t profile_level_id) {
  const unsigned idc = profile_level_id >> 16 & 0xff;
  const unsigned iop = profile_level_id >> 8 & 0xff;
  const auto matches = [&](unsigned mask, unsigned bits) { return (iop & mask) == bits; };
  if ((idc == 0x42 && matches(0x4f, 0x40)) || (idc == 0x4d && matches(0x8f, 0x80)) ||
      (idc == 0x58 && matches(0xcf, 0xc0))) {
    return Profile::ConstrainedBaseline;
  }
  if ((idc == 0x42 && matches(0x4f, 0)) || (idc == 0x58 && matches(0xcf, 0x80))) {
    return Profile::Baseline;
  }
  if (idc == 0x4d && matches(0xaf, 0)) return Profile::Main;
  if (idc == 0x58 && matches(0xcf, 0)) return Profile::Extended;
  if (idc == 0x64 && iop == 0) return Profile::High;
  return Profile::Other;
}

}  // namespace

H264Format parse_h264_fmtp(std::string_view fmtp) {
  H264Format format;
  if (const auto mode = fmtp_parameter(fmtp, "packetization-mode")) {
    format.packetization_mode = static_cast<uint8_t>(parse_decimal(*mode, 2).value_or(3));
  }
  if (const auto text = fmtp_parameter(fmtp, "profile-level-id"); text && text->size() == 6) {
    uint32_t value = 0;
    const char* const end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value, 16);
    if (error == std::errc{} && stop == end) format.profile_level_id = value;
  }
  if (const auto sets = fmtp_parameter(fmtp, "sprop-parameter-sets")) {
    format.parameter_sets = decode_parameter_sets(*sets);
  }
  return format;
}

int h264_profile_distance(uint32_t wanted, uint32_t offered) {
  if (offered == 0) offered = 0x42000a;  // RFC 6184 §8.1: baseline, level 1
  if (wanted >> 8 == offered >> 8) return 0;
  const Profile have = profile_of(offered);
  if (have != Profile::Other && have == profile_of(wanted)) return 1;
  if (wanted >> 16 == offered >> 16) return 2;
  if (have == Profile::ConstrainedBaseline) return 3;
  if (have == Profile::Baseline) return 4;
  return 5;
}

std::string encode_parameter_sets(const std::vector<Bytes>& nal_units) {
  std::string out;
  for (const Bytes& nal : nal_units) {
    if (!out.empty()) out += ',';
    out += encode_base64(nal);
  }
  return out;
}

uint32_t profile_of_parameter_sets(const std::vector<Bytes>& nal_units) {
  for (const Bytes& nal : nal_units) {
    if (nal_type(nal) != 7 || nal.size() < 4) continue;
    return uint32_t{nal[1]} << 16 | uint32_t{nal[2]} << 8 | nal[3];
  }
  return 0;
}

}  // namespace sipcast::sdp
