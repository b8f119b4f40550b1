#include "sdp/viewer_answer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "sdp/h264_format.hpp"
#include "sdp/payload_format.hpp"
#include "sdp/viewer_offer.hpp"

namespace sipcast::sdp {
namespace {

constexpr std::string_view kStreamId = "sipcast";  // one for both tracks: players show one stream
constexpr uint32_t kUsualProfile = 0x42e01f;       // for a phone that did not say its own

/// How one m-line will be answered: `formats` in our order, each with its rtx behind it.
struct LinePlan {
  const UsableLine* line = nullptr;
  ViewerTrack track;
  std::vector<PayloadFormat> formats;
};

const PayloadFormat* find_h264(const std::vector<PayloadFormat>& offered, uint32_t profile) {
  const PayloadFormat* best = nullptr;
  int best_score = 0;
  for (const PayloadFormat& format : offered) {
    if (format.codec() != Codec::H264) continue;
    const H264Format h264 = parse_h264_fmtp(format.fmtp);
    const unsigned mode = h264.packetization_mode.value_or(0);
    if (mode > 1) continue;
    const int score = h264_profile_distance(profile, h264.profile_level_id) + (mode == 1 ? 0 : 100);
    if (best && score >= best_score) continue;
    best = &format;
    best_score = score;
  }
  return best;
}

const PayloadFormat* find_codec(const std::vector<PayloadFormat>& offered, Codec codec,
                                uint32_t profile) {
  if (codec == Codec::H264) return find_h264(offered, profile);
  const auto found =
      std::ranges::find_if(offered, [&](const PayloadFormat& f) { return f.codec() == codec; });
  return found == offered.end() ? nullptr : &*found;
}

const PayloadFormat* find_rtx(const std::vector<PayloadFormat>& offered, uint8_t payload_type) {
  for (const PayloadFormat& format : offered) {
    if (!iequals(format.encoding, "rtx")) continue;
    const auto apt = fmtp_parameter(format.fmtp, "apt");
    if (apt && parse_decimal(*apt, 127) == payload_type) return &format;
  }
  return nullptr;
}

/// What we do with feedback, in the words of the offer. No transport-cc: it needs an extension.
std::vector<std::string> agreed_feedback(const PayloadFormat& offered) {
  std::vector<std::string> feedback;
  for (const char* known : {"goog-remb", "ccm fir", "nack", "nack pli"}) {
    if (offered.has_feedback(known)) feedback.emplace_back(known);
  }
  return feedback;
}

/// Adds a codec and its rtx to the plan; the first one is the track's.
void add_codec(LinePlan& plan, const std::vector<PayloadFormat>& offered,
               const PayloadFormat& chosen) {
  const bool video = plan.line->kind == MediaKind::Video;
  PayloadFormat format = chosen;
  format.feedback = video ? agreed_feedback(chosen) : std::vector<std::string>();
  ViewerFormat entry{.codec = *chosen.codec(), .payload_type = chosen.payload_type};
  entry.nack = format.has_feedback("nack");
  plan.formats.push_back(std::move(format));
  const PayloadFormat* rtx = video && entry.nack ? find_rtx(offered, chosen.payload_type) : nullptr;
  if (rtx) {
    PayloadFormat copy = *rtx;
    copy.fmtp = fmt::format("apt={}", chosen.payload_type);
    copy.feedback.clear();
    plan.formats.push_back(std::move(copy));
    entry.rtx_payload_type = rtx->payload_type;
  }
  plan.track.formats.push_back(entry);
}

/// The plan for `track` on `line`; none when the codec was not offered there.
std::optional<LinePlan> plan_line(const ViewerOffer& offer, const UsableLine& line,
                                  const TrackInfo& track, const ViewerAnswerOptions& options) {
  const auto offered = payload_formats(offer.session.media[line.index]);
  const uint32_t profile =
      track.h264_profile_level_id ? track.h264_profile_level_id : kUsualProfile;
  const PayloadFormat* chosen = find_codec(offered, track.codec, profile);
  if (!chosen) return {};
  const bool video = line.kind == MediaKind::Video;
  LinePlan plan{.line = &line,
                .track = {.codec = track.codec,
                          .payload_type = chosen->payload_type,
                          .rtx_payload_type = {},
                          .ssrc = video ? options.video_ssrc : options.audio_ssrc,
                          .rtx_ssrc = video ? options.video_rtx_ssrc : Ssrc{}},
                .formats = {}};
  add_codec(plan, offered, *chosen);
  for (const PayloadFormat& format : offered) {
    const auto other = format.codec();
    if (!other || kind_of(*other) != line.kind) continue;
    if (std::ranges::find(plan.track.formats, *other, &ViewerFormat::codec) !=
        plan.track.formats.end()) {
      continue;
    }
    if (const auto* found = find_codec(offered, *other, profile)) add_codec(plan, offered, *found);
  }
  plan.track.rtx_payload_type = plan.track.formats.front().rtx_payload_type;
  plan.track.nack = plan.track.formats.front().nack;
  return plan;
}

std::optional<LinePlan> plan_track(const ViewerOffer& offer, MediaKind kind,
                                   const std::optional<TrackInfo>& track,
                                   const ViewerAnswerOptions& options) {
  if (!track) return {};
  for (const UsableLine& line : offer.usable) {
    if (line.kind != kind) continue;
    if (auto plan = plan_line(offer, line, *track, options)) return plan;
  }
  return {};
}

std::string_view kind_name(MediaKind kind) { return kind == MediaKind::Audio ? "audio" : "video"; }

/// Why `track` found no m-line.
std::string missing(const ViewerOffer& offer, MediaKind kind, const TrackInfo& track) {
  std::string names;
  for (const UsableLine& line : offer.usable) {
    if (line.kind != kind) continue;
    if (!names.empty()) names += "; ";
    names += encoding_names(payload_formats(offer.session.media[line.index]));
  }
  if (names.empty()) {
    return fmt::format("the stream has {} ({}), the viewer offers no {} to receive",
                       kind_name(kind), codec_name(track.codec), kind_name(kind));
  }
  return fmt::format("the stream's {} is {}, the viewer offers {}", kind_name(kind),
                     codec_name(track.codec), names);
}

void add_reason(std::string& reasons, std::string_view reason) {
  if (!reasons.empty()) reasons += "; ";
  reasons += reason;
}

std::string connection_of(const SocketAddress& address) {
  return fmt::format("IN {} {}", address.is_v6() ? "IP6" : "IP4", address.ip());
}

void copy_mid(const MediaDescription& from, MediaDescription& to) {
  if (const std::string* mid = from.find("mid")) to.add("mid", *mid);
}

MediaDescription refuse(const MediaDescription& offered) {
  MediaDescription media;
  media.kind = offered.kind;
  media.protocol = offered.protocol;
  media.formats.push_back(offered.formats.empty() ? "0" : offered.formats.front());
  media.connection = "IN IP4 0.0.0.0";
  copy_mid(offered, media);
  media.add("inactive");
  return media;
}

void add_transport(MediaDescription& media, const ViewerAnswerOptions& options) {
  media.add("ice-ufrag", options.local_ufrag);
  media.add("ice-pwd", options.local_pwd);
  media.add("fingerprint", options.fingerprint);
  media.add("setup", "passive");
}

void add_candidates(MediaDescription& media, const ViewerAnswerOptions& options) {
  uint32_t udp = 2130706431;  // RFC 8445 §5.1.2.1: host, first address, RTP
  uint32_t tcp = 90u << 24 | (4u << 13 | 8191) << 8 | 255;  // RFC 6544 §4.2: behind UDP, passive
  for (size_t i = 0; i < options.candidates.size(); ++i) {
    const SocketAddress& address = options.candidates[i];
    uint32_t& priority = address.is_tcp() ? tcp : udp;
    media.add("candidate", fmt::format("{} 1 {} {} {} {} typ host{}", i + 1,
                                       address.is_tcp() ? "tcp" : "udp", priority, address.ip(),
                                       address.port(), address.is_tcp() ? " tcptype passive" : ""));
    if (i < 8191) priority -= 256;
  }
  media.add("end-of-candidates");
}

void add_sources(MediaDescription& media, const ViewerTrack& track, std::string_view track_id,
                 const std::string& cname) {
  media.add("msid", fmt::format("{} {}", kStreamId, track_id));
  const bool rtx = std::ranges::any_of(
      track.formats, [](const ViewerFormat& f) { return f.rtx_payload_type.has_value(); });
  if (rtx) {
    media.add("ssrc-group", fmt::format("FID {} {}", track.ssrc.value, track.rtx_ssrc.value));
  }
  media.add("ssrc", fmt::format("{} cname:{}", track.ssrc.value, cname));
  if (rtx) media.add("ssrc", fmt::format("{} cname:{}", track.rtx_ssrc.value, cname));
}

MediaDescription accept(const MediaDescription& offered, const LinePlan& plan,
                        const ViewerAnswerOptions& options) {
  MediaDescription media;
  media.kind = offered.kind;
  media.port = options.candidates.empty() ? 9 : options.candidates.front().port();
  media.protocol = offered.protocol;
  media.connection =
      options.candidates.empty() ? "IN IP4 0.0.0.0" : connection_of(options.candidates.front());
  add_transport(media, options);
  copy_mid(offered, media);
  media.add("sendonly");
  media.add("rtcp-mux");
  if (offered.has("rtcp-rsize")) media.add("rtcp-rsize");
  for (const PayloadFormat& format : plan.formats) add_format(media, format);
  add_sources(media, plan.track, kind_name(plan.line->kind), options.cname);
  add_candidates(media, options);
  return media;
}

/// The BUNDLE group of the answer: the accepted m-lines, if they are in one of the offer
/// (RFC 9143 §7.3).
std::string bundle_group(const ViewerOffer& offer, const std::vector<const LinePlan*>& plans) {
  std::string group;
  for (const LinePlan* plan : plans) {
    const size_t index = plan->line->index;
    const std::string* mid = offer.session.media[index].find("mid");
    if (!mid || !offer.bundled(index, index)) continue;
    group += " " + *mid;
  }
  return group.empty() ? group : "BUNDLE" + group;
}

std::string write_answer(const ViewerOffer& offer, std::vector<const LinePlan*> plans,
                         const ViewerAnswerOptions& options) {
  std::ranges::sort(plans, {}, [](const LinePlan* plan) { return plan->line->index; });
  SessionDescription answer;
  answer.origin = fmt::format("- {} 1 IN IP4 127.0.0.1", plans.front()->track.ssrc.value);
  if (const auto group = bundle_group(offer, plans); !group.empty()) answer.add("group", group);
  answer.add("ice-lite");
  for (size_t i = 0; i < offer.session.media.size(); ++i) {
    const auto plan = std::ranges::find(plans, i, [](const LinePlan* p) { return p->line->index; });
    const MediaDescription& offered = offer.session.media[i];
    answer.media.push_back(plan == plans.end() ? refuse(offered)
                                               : accept(offered, **plan, options));
  }
  return to_text(answer);
}

}  // namespace

Result<void> check_viewer_offer(std::string_view offer) {
  const auto parsed = parse_viewer_offer(offer);
  if (!parsed) return std::unexpected(parsed.error());
  return {};
}

Result<ViewerAnswer> answer_viewer(std::string_view offer, const ViewerAnswerOptions& options) {
  const auto parsed = parse_viewer_offer(offer);
  if (!parsed) return std::unexpected(parsed.error());
  auto audio = plan_track(*parsed, MediaKind::Audio, options.tracks.audio, options);
  const auto video = plan_track(*parsed, MediaKind::Video, options.tracks.video, options);
  ViewerAnswer answer;
  if (options.tracks.audio && !audio) {
    add_reason(answer.refused, missing(*parsed, MediaKind::Audio, *options.tracks.audio));
  }
  if (options.tracks.video && !video) {
    add_reason(answer.refused, missing(*parsed, MediaKind::Video, *options.tracks.video));
  }
  if (!audio && !video) {
    return fail(Errc::NoCommonCodec,
                answer.refused.empty() ? "the stream has no track" : answer.refused);
  }
  // We have one transport a viewer, so without BUNDLE there is room for one m-line.
  if (audio && video && !parsed->bundled(audio->line->index, video->line->index)) {
    audio.reset();
    add_reason(answer.refused, "the viewer's offer has no BUNDLE group for audio and video");
  }
  std::vector<const LinePlan*> plans;
  if (audio) plans.push_back(&*audio);
  if (video) plans.push_back(&*video);
  answer.sdp = write_answer(*parsed, plans, options);
  if (audio) answer.audio = audio->track;
  if (video) answer.video = video->track;
  const ViewerTransport& transport = plans.front()->line->transport;
  answer.remote_ufrag = transport.ufrag;
  answer.remote_pwd = transport.pwd;
  answer.remote_fingerprint = transport.fingerprint;
  return answer;
}

}  // namespace sipcast::sdp
