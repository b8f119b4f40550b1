#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "base/time.hpp"
#include "media/track.hpp"

namespace sipcast::phone {

enum class VideoChoice : uint8_t { H264, H264Mode0, Vp8, None };
/// What the barcode of the test card counts.
enum class Timecode : uint8_t {
  Frame,   ///< frames since the start of the call, mod 65536
  ClockMs  ///< wall clock in milliseconds, mod 65536
};
enum class Sound : uint8_t {
  Tone,    ///< 440 Hz all the time
  Beep,    ///< 1 kHz for 100 ms each second, with a white flash of the picture
  Silence  ///< packets of silence
};

struct Registrar {
  std::string host;
  uint16_t port = 5060;
  bool tcp = false;
};

/// Frames that are encoded and numbered, but never sent.
struct BurstDrop {
  unsigned frames = 0;
  Duration every{};  ///< media time between two first ones, and before the first of all
};

/// Another picture from then on: a new sequence parameter set, as when a phone is turned.
struct Resize {
  int width = 0, height = 0;
  Duration at{};  ///< media time
};

/// What `sipcast phone` is told. The comments of phone_options.cpp's table say more.
struct PhoneOptions {
  SocketAddress listen;  ///< SIP over UDP and TCP; its IP is also where media is received
  uint16_t rtp_first = 50'000, rtp_last = 58'999;
  std::optional<Registrar> registrar;
  std::string user = "phone";
  std::string password;
  std::string domain;  ///< empty: the registrar's host

  VideoChoice video = VideoChoice::H264;
  std::optional<Codec> audio = Codec::Pcmu;
  Sound sound = Sound::Tone;
  Timecode timecode = Timecode::Frame;
  int width = 640, height = 360;
  int fps = 25;
  int bitrate_kbit = 600;
  Duration gop = std::chrono::seconds(2);  ///< 0: no keyframe but the first and those asked for

  Duration ring{};
  bool early_media = false;
  int refuse = 0;  ///< final status; 0: answer
  std::string dtmf;
  std::optional<Duration> hang_up_after;
  size_t calls = 0;  ///< end after this many calls; 0: go on

  bool ignore_pli = false;
  bool one_idr = false;
  bool sprop_only = false;
  bool bad_markers = false;
  bool own_timestamps = false;
  bool no_rtp = false;
  std::optional<BurstDrop> burst_drop;
  std::optional<Resize> resize;

  bool verbose = false;
  bool help = false;
};

/// Reads `--name value`, `--name=value` and flags. Errors: InvalidArgument; the cause names the
/// option, what was given and what is allowed.
Result<PhoneOptions> parse_phone_options(std::span<const char* const> args);
/// What --help prints.
std::string phone_usage();

}  // namespace sipcast::phone
