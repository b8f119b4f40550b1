#include "control/rest/stream_object.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "control/json_text.hpp"

namespace sipcast::rest {
namespace {
namespace json = boost::json;

json::value number_or_null(const std::optional<uint8_t>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

uint64_t kbit(uint64_t bps) { return (bps + 500) / 1000; }

}  // namespace

json::object to_json(const StreamObject& stream) {
  const StreamMetrics& metrics = stream.metrics;
  return {{"nodeId", nullptr},
          {"appKey", stream.app_key},
          {"sessionId", text_or_null(stream.session_id)},
          {"mediaSessionId", stream.media_session_id},
          {"name", stream.name},
          {"published", stream.published},
          {"hasVideo", !stream.video_codec.empty()},
          {"hasAudio", !stream.audio_codec.empty()},
          {"status", stream.status},
          {"sdp", nullptr},
          {"audioCodec", text_or_null(stream.audio_codec)},
          {"videoCodec", text_or_null(stream.video_codec)},
          {"record", stream.record},
          {"width", stream.size.width},
          {"height", stream.size.height},
          {"bitrate", kbit(metrics.video_bps)},
          {"minBitrate", 0},
          {"maxBitrate", 0},
          {"quality", 0},
          {"history", false},
          {"gop", std::llround(metrics.gop_frames)},
          {"fps", std::llround(metrics.video_fps)},
          {"audioBitrate", kbit(metrics.audio_bps)},
          {"codecImpl", ""},
          {"transport", stream.transport},
          {"cvoExtension", false},
          {"createDate", stream.created_ms},
          {"mediaType", stream.published ? "publish" : "play"},
          {"audioState", {{"muted", false}}},
          {"videoState", {{"muted", false}}},
          {"mediaProvider", stream.media_provider}};
}

json::object metrics_to_json(const StreamObject& stream) {
  const StreamMetrics& metrics = stream.metrics;
  return {{"VIDEO_K_FRAMES", metrics.video_keyframes},
          {"VIDEO_P_FRAMES", metrics.video_other_frames},
          {"VIDEO_B_FRAMES", 0},
          {"VIDEO_NACK", metrics.video_nacks},
          {"VIDEO_PLI", metrics.video_plis},
          {"VIDEO_LOST", metrics.video_lost},
          {"AUDIO_LOST", metrics.audio_lost},
          {"VIDEO_RATE", metrics.video_bps},
          {"AUDIO_RATE", metrics.audio_bps},
          {"VIDEO_CODEC", number_or_null(metrics.video_payload_type)},
          {"AUDIO_CODEC", number_or_null(metrics.audio_payload_type)},
          {"VIDEO_WIDTH", stream.size.width},
          {"VIDEO_HEIGHT", stream.size.height},
          {"VIDEO_FPS", std::llround(metrics.video_fps)},
          {"VIDEO_GOP_SIZE", std::llround(metrics.gop_frames)}};
}

}  // namespace sipcast::rest
