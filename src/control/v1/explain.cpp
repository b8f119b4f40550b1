#include "control/v1/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/json_text.hpp"
#include "control/trace/trace_text.hpp"
#include "sdp/h264_format.hpp"
#include "sdp/payload_format.hpp"

namespace sipcast::v1 {
namespace {

namespace json = boost::json;

constexpr std::string_view kWhyRepacketised =
    "frames are passed on whole, in packets of at most 1,200 bytes; parameter sets stand in front "
    "of each keyframe";

std::string_view word(MediaKind kind) { return kind == MediaKind::Audio ? "audio" : "video"; }

json::object verdict(std::string_view handling, std::string_view codec, std::string_view why,
                     json::array sdp = {}) {
  return {{"handling", handling},
          {"codec", text_or_null(codec)},
          {"why", printable(why, 700)},
          {"sdp", std::move(sdp)}};
}

json::string hex_profile(uint32_t profile_level_id) {
  return json::string(fmt::format("{:06x}", profile_level_id));
}

/// The m= line of a description, and what it says about `codec`.
json::array lines_of(const sdp::MediaDescription& media, std::optional<Codec> codec) {
  json::array lines;
  std::string first = fmt::format("m={} {} {}", media.kind, media.port, media.protocol);
  for (const std::string& format : media.formats) first += " " + format;
  lines.emplace_back(printable(first, 300));
  if (!codec) return lines;
  for (const sdp::PayloadFormat& format : sdp::payload_formats(media)) {
    if (format.codec() != codec) continue;
    lines.emplace_back(printable(fmt::format(
        "a=rtpmap:{} {}/{}{}{}", format.payload_type, format.encoding, format.clock_rate_hz,
        format.encoding_params.empty() ? "" : "/", format.encoding_params)));
    if (!format.fmtp.empty()) {
      lines.emplace_back(printable(fmt::format("a=fmtp:{} {}", format.payload_type, format.fmtp)));
    }
    break;
  }
  return lines;
}

json::object from_phone(MediaKind kind, bool asked, const std::optional<TrackInfo>& track,
                        const std::optional<sdp::SessionDescription>& remote) {
  if (!asked) return verdict("none", "", fmt::format("the call is without {}", word(kind)));
  if (!remote) return verdict("none", "", "the phone has not said yet what it sends");
  const auto media = std::ranges::find(remote->media, word(kind), &sdp::MediaDescription::kind);
  if (media == remote->media.end()) {
    return verdict("refused", "", fmt::format("the phone's description has no {}", word(kind)));
  }
  if (!track) {
    return verdict("refused", "",
                   media->port == 0 ? "the phone has refused it: its port is 0"
                                    : "the phone sends none that we could take",
                   lines_of(*media, {}));
  }
  const bool video = kind == MediaKind::Video;
  return verdict(video ? "repacketised" : "passed_through", codec_name(track->codec),
                 video ? kWhyRepacketised : "its packets go on as they come",
                 lines_of(*media, track->codec));
}

/// What a viewer's answer says about a codec.
json::array lines_of(std::string_view formats, std::string_view codec) {
  json::array lines;
  std::string_view payload_type;
  for (const std::string_view line : split(formats, '\n')) {
    const auto [head, rest] = cut(line, ' ');
    const std::string_view type = cut(head, ':').second;
    const bool map = line.starts_with("a=rtpmap:");
    if (map && payload_type.empty() && iequals(cut(rest, '/').first, codec)) payload_type = type;
    if (!payload_type.empty() && type == payload_type) lines.emplace_back(printable(line, 300));
  }
  return lines;
}

json::object to_viewer(MediaKind kind, const std::optional<TrackInfo>& track,
                       const ViewerInfo& viewer) {
  const bool video = kind == MediaKind::Video;
  const std::string& codec = video ? viewer.plays.video_codec : viewer.plays.audio_codec;
  if (viewer.state == ViewerState::Waiting) {
    return verdict("none", "", "it waits for the codecs of the phone");
  }
  if (!track) return verdict("none", "", fmt::format("the stream has no {}", word(kind)));
  if (codec.empty()) {
    return verdict("refused", codec_name(track->codec),
                   viewer.plays.refused.empty()
                       ? fmt::format("its offer has no {} that it could come by", word(kind))
                       : viewer.plays.refused);
  }
  return verdict("passed_through", codec, "the same codec as the phone's: only headers are new",
                 lines_of(viewer.formats, codec));
}

/// @param audio  what the file's sound is
json::object to_file(MediaKind kind, const std::optional<TrackInfo>& track, FrameCodec audio,
                     std::string_view container) {
  if (!track) return verdict("none", "", fmt::format("the stream has no {}", word(kind)));
  const bool same = audio == FrameCodec::Opus && track->codec == Codec::Opus;
  if (kind == MediaKind::Audio && !same) {
    return verdict("transcoded", frame_codec_name(audio),
                   fmt::format("{} gets {}, and the phone sends {}", container,
                               frame_codec_name(audio), codec_name(track->codec)));
  }
  return verdict("repacketised", codec_name(track->codec),
                 fmt::format("the same frames in {}", container));
}

json::array remarks_of(const StreamInfo& stream, bool has_rtp) {
  json::array remarks;
  if (!has_rtp) remarks.emplace_back("no RTP has come from the phone yet");
  if (stream.keyframes.deaf) {
    remarks.emplace_back(
        "the phone ignores requests for keyframes (PLI, FIR, INFO): viewers that lose a picture "
        "get the kept one, and joiners wait for the phone's own next keyframe at most");
  }
  if (stream.stats.frames_stepped_back_total > 0) {
    remarks.emplace_back(
        "the phone sends B-frames, which browsers do not show well: choose baseline in the phone");
  }
  const uint32_t agreed = stream.tracks.video ? stream.tracks.video->h264_profile_level_id : 0;
  const uint32_t real = stream.sps_profile_level_id;
  if (agreed != 0 && real != 0 && agreed >> 8 != real >> 8) {
    remarks.emplace_back(
        fmt::format("the phone has agreed to H.264 profile {:06x} and sends {:06x}", agreed, real));
  }
  return remarks;
}

}  // namespace

json::object explain(const CallService::Traced& traced, const std::vector<ViewerInfo>& viewers,
                     const std::vector<PushInfo>& pushes,
                     const std::vector<RecordingInfo>& recordings) {
  const StreamInfo& stream = traced.media.stream;
  const StartCall& asked = traced.info.asked;
  const auto parsed = sdp::parse_session(last_sdp(traced.trace, false));
  const auto remote = parsed ? std::optional(*parsed) : std::nullopt;

  json::object phone{
      {"audio", from_phone(MediaKind::Audio, asked.has_audio, stream.tracks.audio, remote)},
      {"video", from_phone(MediaKind::Video, asked.has_video, stream.tracks.video, remote)}};
  if (stream.tracks.video && stream.tracks.video->codec == Codec::H264) {
    const uint32_t agreed = stream.tracks.video->h264_profile_level_id;
    const uint32_t real = stream.sps_profile_level_id;
    phone["h264"] = {
        {"agreed_profile_level_id", agreed ? json::value(hex_profile(agreed)) : nullptr},
        {"sps_profile_level_id", real ? json::value(hex_profile(real)) : nullptr},
        {"b_frames", stream.stats.frames_stepped_back_total > 0}};
  } else {
    phone["h264"] = nullptr;
  }
  json::array to_viewers, outputs;
  for (const ViewerInfo& viewer : viewers) {
    to_viewers.push_back({{"viewer", to_text(viewer.id)},
                          {"state", to_string(viewer.state)},
                          {"audio", to_viewer(MediaKind::Audio, stream.tracks.audio, viewer)},
                          {"video", to_viewer(MediaKind::Video, stream.tracks.video, viewer)}});
  }
  const auto add_output = [&](std::string_view kind, std::string_view name, FrameCodec audio,
                              std::string_view container) {
    outputs.push_back(
        {{"kind", kind},
         {"name", printable(name)},
         {"audio", to_file(MediaKind::Audio, stream.tracks.audio, audio, container)},
         {"video", to_file(MediaKind::Video, stream.tracks.video, audio, container)}});
  };
  for (const PushInfo& push : pushes) add_output("push", push.shown_url, FrameCodec::Aac, "FLV");
  for (const RecordingInfo& recording : recordings) {
    add_output("recording", recording.stats.file, recording.stats.audio, "the file");
  }
  return {{"stream", asked.stream.value},
          {"call_id", asked.id.value},
          {"phone", std::move(phone)},
          {"viewers", std::move(to_viewers)},
          {"outputs", std::move(outputs)},
          {"remarks", remarks_of(stream, traced.media.rtp_packets > 0)}};
}

}  // namespace sipcast::v1
