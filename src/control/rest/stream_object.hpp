#pragma once
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "rtp/video_normalizer.hpp"

namespace sipcast::rest {

/// What is measured of one Stream of WCS. Rates are of the last seconds.
struct StreamMetrics {
  uint64_t video_keyframes = 0, video_other_frames = 0;
  uint64_t video_nacks = 0, video_plis = 0;  ///< of a source: our wishes; of a player: its own
  uint64_t video_lost = 0, audio_lost = 0;   ///< packets
  uint64_t video_bps = 0, audio_bps = 0;
  double video_fps = 0;
  double gop_frames = 0;  ///< frames from keyframe to keyframe, on the average
  std::optional<uint8_t> video_payload_type, audio_payload_type;
};

/// What WCS calls a Stream, a source or a player (wcs-rest 4): the same object in REST replies and
/// in WebSocket events.
struct StreamObject {
  std::string app_key = "defaultApp";
  std::string session_id;  ///< WebSocket session of a player, "" for none
  std::string media_session_id;
  std::string name;
  bool published = false;
  std::string status;
  std::string audio_codec, video_codec;  ///< "" for none
  std::string media_provider;
  std::string transport = "UDP";
  bool record = false;
  VideoSize size{};
  int64_t created_ms = 0;  ///< since 1970
  StreamMetrics metrics{};
};

/// All documented fields but `metrics`.
boost::json::object to_json(const StreamObject& stream);
/// The object `metrics`.
boost::json::object metrics_to_json(const StreamObject& stream);

}  // namespace sipcast::rest
