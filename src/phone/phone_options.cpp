#include "phone/phone_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace sipcast::phone {
namespace {

using std::string_view;

std::optional<Duration> parse_seconds(string_view text) {
  double seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code != std::errc() || end != text.data() + text.size()) return {};
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 86'400) return {};
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

/// "IP:PORT", "[IPv6]:PORT".
std::optional<SocketAddress> parse_address(string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == string_view::npos) return {};
  const auto port = parse_decimal(text.substr(colon + 1), 65'535);
  string_view ip = text.substr(0, colon);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  if (!port) return {};
  const auto address = SocketAddress::parse(ip, static_cast<uint16_t>(*port));
  if (!address || address->is_any()) return {};
  return *address;
}

/// "sip:host[:port][;transport=tcp]", with or without "sip:".
std::optional<Registrar> parse_registrar(string_view text) {
  if (text.starts_with("sip:")) text.remove_prefix(4);
  const auto [target, parameters] = cut(text, ';');
  Registrar registrar;
  registrar.tcp = iequals(parameters, "transport=tcp");
  if (!registrar.tcp && !parameters.empty() && !iequals(parameters, "transport=udp")) return {};
  string_view host = target;
  const size_t colon = target.rfind(':');
  if (colon != string_view::npos && !target.ends_with(']')) {
    const auto port = parse_decimal(target.substr(colon + 1), 65'535);
    if (!port || *port == 0) return {};
    registrar.port = static_cast<uint16_t>(*port);
    host = target.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find('@') != string_view::npos) return {};
  registrar.host = host;
  return registrar;
}

bool set_number(string_view text, int least, int most, int& out) {
  const auto value = parse_decimal(text, static_cast<uint64_t>(most));
  if (!value || static_cast<int>(*value) < least) return false;
  out = static_cast<int>(*value);
  return true;
}

bool set_duration(string_view text, Duration& out) {
  const auto value = parse_seconds(text);
  if (value) out = *value;
  return value.has_value();
}

bool set_listen(PhoneOptions& options, string_view text) {
  const auto address = parse_address(text);
  if (address) options.listen = *address;
  return address.has_value();
}

bool set_rtp_ports(PhoneOptions& options, string_view text) {
  const auto [first, last] = cut(text, '-');
  int low = 0, high = 0;
  if (!set_number(first, 1024, 65'535, low) || !set_number(last, 1024, 65'535, high)) return false;
  options.rtp_first = static_cast<uint16_t>(low);
  options.rtp_last = static_cast<uint16_t>(high);
  return high - low >= 4;
}

bool set_registrar(PhoneOptions& options, string_view text) {
  options.registrar = parse_registrar(text);
  return options.registrar.has_value();
}

bool set_video(PhoneOptions& options, string_view text) {
  static constexpr std::pair<string_view, VideoChoice> kChoices[] = {
      {"h264", VideoChoice::H264},
      {"h264-mode0", VideoChoice::H264Mode0},
      {"vp8", VideoChoice::Vp8},
      {"none", VideoChoice::None}};
  for (const auto& [name, choice] : kChoices) {
    if (text != name) continue;
    options.video = choice;
    return true;
  }
  return false;
}

bool set_sound(PhoneOptions& options, string_view text) {
  static constexpr std::pair<string_view, Sound> kSounds[] = {
      {"tone", Sound::Tone}, {"beep", Sound::Beep}, {"silence", Sound::Silence}};
  for (const auto& [name, sound] : kSounds) {
    if (text != name) continue;
    options.sound = sound;
    return true;
  }
  return false;
}

bool set_audio(PhoneOptions& options, string_view text) {
  if (text == "none") {
    options.audio.reset();
    return true;
  }
  const auto codec = codec_from_name(text);
  if (!codec) return set_sound(options, text);  // --audio beep
  if (kind_of(*codec) != MediaKind::Audio) return false;
  options.audio = codec;
  return true;
}

bool set_timecode(PhoneOptions& options, string_view text) {
  options.timecode = text == "clock-ms" ? Timecode::ClockMs : Timecode::Frame;
  return text == "clock-ms" || text == "frame";
}

bool read_size(string_view text, int& width, int& height) {
  const auto [w, h] = cut(text, 'x');
  return set_number(w, 160, 1920, width) && set_number(h, 90, 1088, height) && width % 2 == 0 &&
         height % 2 == 0;
}

bool set_size(PhoneOptions& options, string_view text) {
  return read_size(text, options.width, options.height);
}

bool set_resize(PhoneOptions& options, string_view text) {
  const auto [size, at] = cut(text, '@');
  const auto seconds = parse_seconds(at);
  Resize resize;
  if (!seconds || !read_size(size, resize.width, resize.height)) return false;
  resize.at = *seconds;
  options.resize = resize;
  return true;
}

bool set_dtmf(PhoneOptions& options, string_view text) {
  options.dtmf = text;
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("0123456789*#ABCD") == string_view::npos;
}

bool set_hang_up(PhoneOptions& options, string_view text) {
  options.hang_up_after = parse_seconds(text);
  return options.hang_up_after.has_value();
}

bool set_burst_drop(PhoneOptions& options, string_view text) {
  const auto [count, every] = cut(text, '@');
  const auto frames = parse_decimal(count, 100'000);
  const auto seconds = parse_seconds(every);
  if (!frames || *frames == 0 || !seconds || *seconds <= Duration{}) return false;
  options.burst_drop = BurstDrop{static_cast<unsigned>(*frames), *seconds};
  return true;
}

bool set_calls(PhoneOptions& options, string_view text) {
  const auto calls = parse_decimal(text, 1'000'000);
  options.calls = calls.value_or(0);
  return calls.has_value();
}

/// One option: its name, what its value looks like ("" for a flag), and what it does.
struct OptionRow {
  string_view name;
  string_view value;
  string_view help;
  bool (*set)(PhoneOptions&, string_view);
};

template <auto Member>
bool set_flag(PhoneOptions& options, string_view) {
  return options.*Member = true;
}
template <auto Member>
bool set_seconds(PhoneOptions& options, string_view text) {
  return set_duration(text, options.*Member);
}
template <auto Member>
bool set_text(PhoneOptions& options, string_view text) {
  options.*Member = text;
  return !text.empty();
}
template <auto Member, int Least, int Most>
bool set_int(PhoneOptions& options, string_view text) {
  return set_number(text, Least, Most, options.*Member);
}

using O = PhoneOptions;
constexpr OptionRow kRows[] = {
    {"listen", "IP:PORT", "SIP over UDP and TCP, an address of this machine (127.0.0.1:5070)",
     set_listen},
    {"rtp-ports", "FIRST-LAST", "range of the media ports (50000-58999)", set_rtp_ports},
    {"register", "sip:HOST:PORT", "registers there; ;transport=tcp is understood", set_registrar},
    {"user", "NAME", "user part of our address, and digest user name (phone)", set_text<&O::user>},
    {"password", "TEXT", "digest password", set_text<&O::password>},
    {"domain", "HOST", "domain of our address (the registrar's host)", set_text<&O::domain>},
    {"video", "h264|h264-mode0|vp8|none", "video codec (h264: mode 1 or 0, as offered)", set_video},
    {"audio", "pcmu|pcma|g722|opus|none", "audio codec (pcmu); tone or beep mean --sound",
     set_audio},
    {"sound", "tone|beep|silence", "440 Hz, or flash and 1 kHz beep each second (tone)", set_sound},
    {"timecode", "frame|clock-ms", "what the barcode counts (frame)", set_timecode},
    {"size", "WxH", "picture, even numbers, 160x90 to 1920x1088 (640x360)", set_size},
    {"fps", "N", "frames a second, 1 to 60 (25)", set_int<&O::fps, 1, 60>},
    {"bitrate", "KBIT", "of the video, 16 to 20000 kbit/s (600)",
     set_int<&O::bitrate_kbit, 16, 20'000>},
    {"gop", "SECONDS", "from keyframe to keyframe; 0: only when asked (2)", set_seconds<&O::gop>},
    {"ring", "SECONDS", "180 Ringing for this long before the answer (0)", set_seconds<&O::ring>},
    {"early-media", "", "183 with SDP in place of 180, and media before the answer",
     set_flag<&O::early_media>},
    {"refuse", "CODE", "answers with this status, 300 to 699", set_int<&O::refuse, 300, 699>},
    {"dtmf", "DIGITS", "sends these a second after the answer (RFC 4733)", set_dtmf},
    {"hang-up-after", "SECONDS", "BYE this long after the answer", set_hang_up},
    {"calls", "N", "ends after N calls", set_calls},
    {"ignore-pli", "", "deaf to PLI, FIR and INFO", set_flag<&O::ignore_pli>},
    {"one-idr", "", "one IDR ever, at the start", set_flag<&O::one_idr>},
    {"sprop-only", "", "H.264 parameter sets in the SDP, never in band", set_flag<&O::sprop_only>},
    {"bad-markers", "", "a marker on every video packet", set_flag<&O::bad_markers>},
    {"own-timestamps", "", "SPS and PPS with a timestamp of their own",
     set_flag<&O::own_timestamps>},
    {"burst-drop", "N@T", "every T seconds N frames are lost on the way", set_burst_drop},
    {"resize", "WxH@T", "after T seconds the picture has another size", set_resize},
    {"no-rtp", "", "answers, and sends no media", set_flag<&O::no_rtp>},
    {"verbose", "", "log to standard error", set_flag<&O::verbose>},
    {"help", "", "this text", set_flag<&O::help>},
};

const OptionRow* find_row(string_view name) {
  for (const OptionRow& row : kRows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::unexpected<Error> refuse(std::string cause) {
  return fail(Errc::InvalidArgument, std::move(cause));
}

Result<PhoneOptions> check_together(PhoneOptions options) {
  if (options.video == VideoChoice::None && !options.audio) {
    return refuse("--video none and --audio none leave nothing to send");
  }
  if (options.one_idr && options.gop != PhoneOptions{}.gop) {
    return refuse("--one-idr and --gop contradict each other");
  }
  if (options.sprop_only && options.video == VideoChoice::Vp8) {
    return refuse("--sprop-only is for H.264");
  }
  if (!options.dtmf.empty() && !options.audio) return refuse("--dtmf needs audio");
  return options;
}

}  // namespace

Result<PhoneOptions> parse_phone_options(std::span<const char* const> args) {
  PhoneOptions options;
  options.listen = *SocketAddress::parse("127.0.0.1", 5070);
  for (size_t i = 0; i < args.size(); ++i) {
    const string_view arg = args[i];
    const size_t equals = arg.find('=');
    const string_view name = arg.substr(0, equals);
    const OptionRow* row = name.starts_with("--") ? find_row(name.substr(2)) : nullptr;
    if (row == nullptr) return refuse(fmt::format("unknown option {}", printable(arg)));
    const bool inline_value = equals != string_view::npos;
    if (row->value.empty() && inline_value) return refuse(fmt::format("{} takes no value", name));
    string_view value;
    if (inline_value) {
      value = arg.substr(equals + 1);
    } else if (!row->value.empty()) {
      if (++i == args.size()) return refuse(fmt::format("{} wants {}", name, row->value));
      value = args[i];
    }
    if (!row->set(options, value)) {
      return refuse(
          fmt::format("{} {}: wants {}: {}", name, printable(value), row->value, row->help));
    }
  }
  return check_together(std::move(options));
}

std::string phone_usage() {
  std::string text =
      "sipcast phone: answers calls with a live test card (clock, moving bar, machine-readable "
      "timecode) and a tone.\nEvents go to standard output, one line of JSON each.\n\n";
  for (const OptionRow& row : kRows) {
    text += fmt::format("  --{:<36} {}\n", fmt::format("{} {}", row.name, row.value), row.help);
  }
  return text;
}

}  // namespace sipcast::phone
