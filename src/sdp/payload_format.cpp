#include "sdp/payload_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace sipcast::sdp {
namespace {

constexpr size_t kMaxFeedback = 16;     // of one payload type
constexpr size_t kMaxFmtpBytes = 8192;  // joined

/// "<payload type> <rest>" of rtpmap, fmtp and rtcp-fb.
std::pair<std::string_view, std::string_view> cut_payload_type(std::string_view value) {
  const auto [payload_type, rest] = cut(value, ' ');
  return {payload_type, trim(rest)};
}

void set_static_type(PayloadFormat& format) {
  const auto set = [&](Codec codec) {
    format.encoding = codec_name(codec);
    format.clock_rate_hz = clock_rate_hz(codec);
  };
  if (format.payload_type == 0) set(Codec::Pcmu);
  if (format.payload_type == 8) set(Codec::Pcma);
  if (format.payload_type == 9) set(Codec::G722);
}

void set_rtpmap(PayloadFormat& format, std::string_view value) {
  const auto [encoding, rest] = cut(value, '/');
  const auto [clock, params] = cut(rest, '/');
  format.encoding = trim(encoding);
  format.clock_rate_hz = static_cast<uint32_t>(parse_decimal(trim(clock), UINT32_MAX).value_or(0));
  format.encoding_params = trim(params);
}

void add_feedback(PayloadFormat& format, std::string_view value) {
  if (format.feedback.size() < kMaxFeedback && !format.has_feedback(value)) {
    format.feedback.emplace_back(value);
  }
}

void add_fmtp(PayloadFormat& format, std::string_view value) {
  if (format.fmtp.size() + value.size() >= kMaxFmtpBytes) return;
  if (!format.fmtp.empty() && !format.fmtp.ends_with(';')) format.fmtp += ';';
  format.fmtp += value;
}

}  // namespace

std::optional<Codec> PayloadFormat::codec() const {
  const auto named = codec_from_name(encoding);
  if (!named || sipcast::clock_rate_hz(*named) != clock_rate_hz) return {};
  return named;
}

bool PayloadFormat::has_feedback(std::string_view what) const {
  return std::ranges::any_of(feedback, [&](const std::string& f) { return iequals(f, what); });
}

std::vector<PayloadFormat> payload_formats(const MediaDescription& media) {
  std::vector<PayloadFormat> formats;
  std::array<int16_t, 128> index;
  index.fill(-1);
  for (const std::string& text : media.formats) {
    const auto number = parse_decimal(text, 127);
    if (!number || index[*number] >= 0) continue;
    index[*number] = static_cast<int16_t>(formats.size());
    formats.emplace_back().payload_type = static_cast<uint8_t>(*number);
    set_static_type(formats.back());
  }
  for (const auto& [name, value] : media.attributes) {
    if (name != "rtpmap" && name != "fmtp" && name != "rtcp-fb") continue;
    const auto [who, rest] = cut_payload_type(value);
    if (who == "*" && name == "rtcp-fb") {
      for (PayloadFormat& format : formats) add_feedback(format, rest);
      continue;
    }
    const auto number = parse_decimal(who, 127);
    if (!number || index[*number] < 0) continue;
    PayloadFormat& format = formats[static_cast<size_t>(index[*number])];
    if (name == "rtpmap") set_rtpmap(format, rest);
    if (name == "fmtp") add_fmtp(format, rest);
    if (name == "rtcp-fb") add_feedback(format, rest);
  }
  return formats;
}

std::optional<std::string_view> fmtp_parameter(std::string_view fmtp, std::string_view name) {
  while (!fmtp.empty()) {
    const auto [piece, rest] = cut(fmtp, ';');
    const auto [key, value] = cut(piece, '=');
    if (iequals(trim(key), name)) return trim(value);
    fmtp = rest;
  }
  return {};
}

std::string encoding_names(const std::vector<PayloadFormat>& formats) {
  std::string names;
  size_t count = 0;
  for (const PayloadFormat& format : formats) {
    if (count == 16) return names + ", ...";
    if (count++ > 0) names += ", ";
    names += format.encoding.empty() ? fmt::format("payload type {}", format.payload_type)
                                     : printable(format.encoding, 32);
  }
  return names.empty() ? "nothing" : names;
}

void add_format(MediaDescription& media, const PayloadFormat& format) {
  const unsigned payload_type = format.payload_type;
  media.formats.push_back(fmt::to_string(payload_type));
  if (!format.encoding.empty()) {
    media.add("rtpmap",
              fmt::format("{} {}/{}{}{}", payload_type, format.encoding, format.clock_rate_hz,
                          format.encoding_params.empty() ? "" : "/", format.encoding_params));
  }
  if (!format.fmtp.empty()) media.add("fmtp", fmt::format("{} {}", payload_type, format.fmtp));
  for (const std::string& feedback : format.feedback) {
    media.add("rtcp-fb", fmt::format("{} {}", payload_type, feedback));
  }
}

}  // namespace sipcast::sdp
