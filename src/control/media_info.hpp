#pragma once
#include <optional>
#include <string>

#include "base/strong.hpp"
#include "egress/webrtc_viewer.hpp"
#include "ingest/sip_source.hpp"
#include "stream/stream.hpp"

namespace sipcast {

/// What a stream looks like from outside.
struct StreamInfo {
  std::string name;
  StreamState state = StreamState::Waiting;
  TrackList tracks;
  std::optional<VideoSize> size;
  size_t viewers = 0;  ///< over WebRTC, of any signalling
  StreamStats stats;
  SipSourceStats source;
  KeyframeBrokerStats keyframes;
  ViewerStats sent;                   ///< to all viewers so far
  uint32_t sps_profile_level_id = 0;  ///< of the SPS that the phone sends; 0: not seen
  std::optional<double> audio_drift_ppm, video_drift_ppm;
  bool lip_sync = false;
};

/// How a viewer has asked.
enum class Signalling : uint8_t { Whep, WebSocket };
constexpr std::string_view to_string(Signalling signalling) {
  return signalling == Signalling::Whep ? "whep" : "websocket";
}

/// What goes to a viewer.
struct ViewerPlays {
  std::string audio_codec, video_codec;  ///< "" where there is none
  std::string refused;                   ///< why a track is left out, "" when none is
};

enum class ViewerState : uint8_t {
  Waiting,     ///< for the stream's codecs
  Connecting,  ///< has its answer: ICE, DTLS
  Playing,     ///< the first frame is on its way
};
constexpr std::string_view to_string(ViewerState state) {
  return state == ViewerState::Waiting      ? "waiting"
         : state == ViewerState::Connecting ? "connecting"
                                            : "playing";
}

/// What a viewer looks like from outside.
struct ViewerInfo {
  ViewerId id;
  StreamName stream;
  ViewerState state = ViewerState::Waiting;
  Signalling signalling = Signalling::Whep;
  SocketAddress client;                   ///< who has asked
  std::optional<SocketAddress> selected;  ///< where media go
  ViewerPlays plays;
  std::string formats;  ///< a=rtpmap and a=fmtp lines of its answer, the stream's codecs first
  ViewerStats stats;
  WallTime joined{};
  std::optional<Duration> first_frame_after;  ///< it joined
};
/// As in the path of a WHEP session.
std::string to_text(ViewerId id);

}  // namespace sipcast
