#include "app/device_options.hpp"

#include "base/text.hpp"

namespace sipcast {
namespace {

Result<DeviceRules::Rule> parse_rule(std::string_view text, DeviceOptions options) {
  config::OptionTable table;
  declare_device_options(table, options);
  DeviceRules::Rule rule;
  bool conditional = false;
  for (const std::string_view piece : split(text, ' ')) {
    const std::string_view word = trim(piece);
    if (word.empty()) continue;
    const auto [name, value] = cut(word, '=');
    const auto wrong = [&, shown = word](const std::string& why) {
      return fail(Errc::InvalidArgument, "\"" + printable(shown) + "\" in the rule \"" +
                                             printable(trim(text)) + "\": " + why);
    };
    if (name == "account" || name == "callee") {
      (name == "account" ? rule.account : rule.callee) = value;
      conditional = true;
      continue;
    }
    const config::Option* option = table.find("sip." + std::string(name));
    if (!option) return wrong("account=, callee= or a device option like h264_mode= is expected");
    if (const auto set = option->set(value); !set) return wrong(set.error().cause);
  }
  if (!conditional) {
    return fail(Errc::InvalidArgument,
                "the rule \"" + printable(trim(text)) + "\" has no account= and no callee=");
  }
  rule.local = local_side(options);
  return rule;
}

}  // namespace

void declare_device_options(config::OptionTable& table, DeviceOptions& o) {
  table.add(
      "sip.srtp", o.srtp,
      {{"off", sdp::SrtpMode::Off},
       {"optional", sdp::SrtpMode::Optional},
       {"required", sdp::SrtpMode::Required},
       {"dtls", sdp::SrtpMode::Dtls}},
      {.help = "SRTP with phones. `optional` and `required` offer it with its keys in the SDP "
               "(RFC 4568), beside plain RTP or alone, and take DTLS-SRTP (RFC 5763) when a phone "
               "offers it; `dtls` offers and takes DTLS-SRTP alone. Use it with SIP over TLS: who "
               "reads the SDP has the keys, who changes it has the call."});
  table.add(
      "sip.direction", o.direction,
      {{"sendrecv", sdp::Direction::SendRecv}, {"recvonly", sdp::Direction::RecvOnly}},
      {.help = "What phones are offered. With `recvonly` they get no silence, and their ports "
               "are kept open by STUN; some PBXs refuse it."});
  table.add("sip.h264_mode", o.h264_mode,
            {{"both", H264Mode::Both}, {"0", H264Mode::Single}, {"1", H264Mode::NonInterleaved}},
            {.help = "packetization-mode of H.264 that phones are offered, for devices that "
                     "stumble over two."});
  table.add(
      "sip.h264_profile", o.h264_profile,
      {{"constrained-baseline", H264Profile::ConstrainedBaseline},
       {"baseline", H264Profile::Baseline},
       {"main", H264Profile::Main},
       {"high", H264Profile::High}},
      {.help = "H.264 profile that phones are offered; not every browser shows the last two."});
  table.add("sip.h264_level", o.h264_level,
            {.range = {10, 62}, .help = "H.264 level that phones are offered, 31 is 3.1."});
  table.add("sip.h264_max_fs", o.h264_max_fs,
            {.range = {0, 139264},
             .unit = "macroblocks",
             .help = "max-fs in the fmtp of H.264, where a device wants to read it; 0: not said."});
  table.add("sip.h264_max_mbps", o.h264_max_mbps,
            {.range = {0, 16711680},
             .unit = "macroblocks/s",
             .help = "max-mbps in the fmtp of H.264; 0: not said."});
  table.add("sip.h264_max_br", o.h264_max_br,
            {.range = {0, 800000},
             .unit = "kbit/s",
             .help = "max-br in the fmtp of H.264; 0: not said."});
  table.add("sip.video_width", o.video_width,
            {.range = {0, 8192},
             .unit = "pixels",
             .help = "Width of the picture that phones are asked for by imageattr (RFC 6236), "
                     "together with the height; 0: not said."});
  table.add("sip.video_height", o.video_height,
            {.range = {0, 8192}, .unit = "pixels", .help = "Its height."});
  table.add("sip.video_bandwidth", o.video_bandwidth,
            {.range = {0, 1000000},
             .unit = "kbit/s",
             .help = "b=AS and b=TIAS of the video that phones are asked for; 0: not said."});
}

sdp::SipLocal local_side(const DeviceOptions& options) {
  sdp::SipLocal local;
  local.direction = options.direction;
  if (options.h264_mode == H264Mode::Single) local.h264_modes = {0};
  if (options.h264_mode == H264Mode::NonInterleaved) local.h264_modes = {1};
  local.video = {.h264_profile = static_cast<uint16_t>(options.h264_profile),
                 .h264_level = static_cast<uint8_t>(options.h264_level),
                 .max_fs = options.h264_max_fs,
                 .max_mbps = options.h264_max_mbps,
                 .max_br = options.h264_max_br,
                 .width = options.video_width,
                 .height = options.video_height,
                 .kbit = options.video_bandwidth};
  local.srtp = options.srtp;
  return local;
}

Result<DeviceRules> parse_device_rules(std::string_view text, const DeviceOptions& usual) {
  DeviceRules rules{.rules = {}, .usual = local_side(usual)};
  for (const std::string_view piece : split(text, ';')) {
    if (trim(piece).empty()) continue;
    auto rule = parse_rule(piece, usual);
    if (!rule) return std::unexpected(rule.error());
    rules.rules.push_back(std::move(*rule));
  }
  return rules;
}

}  // namespace sipcast
