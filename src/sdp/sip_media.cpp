#include "sdp/sip_media.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "sdp/contains.hpp"
#include "sdp/h264_format.hpp"
#include "sdp/sip_formats.hpp"
#include "sdp/sip_srtp.hpp"

namespace sipcast::sdp {
namespace {

constexpr MediaKind kKinds[] = {MediaKind::Audio, MediaKind::Video};

std::string_view kind_name(MediaKind kind) { return kind == MediaKind::Audio ? "audio" : "video"; }

std::optional<MediaKind> kind_of_line(const MediaDescription& media) {
  if (iequals(media.kind, "audio")) return MediaKind::Audio;
  if (iequals(media.kind, "video")) return MediaKind::Video;
  return {};
}

uint16_t port_of(MediaKind kind, const SipLocal& local) {
  return kind == MediaKind::Audio ? local.audio_port : local.video_port;
}

std::optional<SipMedia>& slot(SipAgreement& agreement, MediaKind kind) {
  return kind == MediaKind::Audio ? agreement.audio : agreement.video;
}

bool is_rtp(const MediaDescription& media) {
  for (const char* protocol :
       {"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"}) {
    if (iequals(media.protocol, protocol)) return true;
  }
  return false;
}

/// Our codec as the peer writes it; none: not ours, or H264 in a mode that nobody speaks.
std::optional<SipCodec> read_codec(const PayloadFormat& format) {
  const auto codec = format.codec();
  if (!codec) return {};
  SipCodec out{.codec = *codec, .payload_type = format.payload_type, .parameter_sets = {}};
  if (*codec != Codec::H264) return out;
  H264Format h264 = parse_h264_fmtp(format.fmtp);
  out.packetization_mode = h264.packetization_mode.value_or(0);
  out.profile_level_id = h264.profile_level_id;
  out.parameter_sets = std::move(h264.parameter_sets);
  if (out.packetization_mode > 1) return {};
  return out;
}

void read_feedback(const std::vector<PayloadFormat>& formats, SipMedia& media) {
  for (const PayloadFormat& format : formats) {
    media.nack_pli = media.nack_pli || format.has_feedback("nack pli");
    media.ccm_fir = media.ccm_fir || format.has_feedback("ccm fir");
  }
}

/// The telephone-event that goes with `codec`'s clock (RFC 4733 §2.1), else any.
const PayloadFormat* find_telephone_event(const std::vector<PayloadFormat>& formats, Codec codec) {
  const PayloadFormat* any = nullptr;
  for (const PayloadFormat& format : formats) {
    if (!iequals(format.encoding, kTelephoneEvent)) continue;
    if (format.clock_rate_hz == clock_rate_hz(codec)) return &format;
    if (!any) any = &format;
  }
  return any;
}

/// An answer may leave out what our offer says about a payload type.
void complete_from_offer(std::vector<PayloadFormat>& answered,
                         const std::vector<PayloadFormat>& offered) {
  for (PayloadFormat& format : answered) {
    const auto same = std::ranges::find(offered, format.payload_type, &PayloadFormat::payload_type);
    if (same == offered.end()) continue;
    if (format.encoding.empty()) {
      format.encoding = same->encoding;
      format.clock_rate_hz = same->clock_rate_hz;
    }
    const bool same_name = iequals(format.encoding, same->encoding);
    if (same_name && format.fmtp.empty()) format.fmtp = same->fmtp;
  }
}

/// Our payload type for an answered codec: the same number, else the same codec (and mode).
std::optional<uint8_t> our_payload_type(const SipCodec& answered,
                                        const std::vector<PayloadFormat>& offered) {
  std::optional<uint8_t> found;
  for (const PayloadFormat& format : offered) {
    const auto ours = read_codec(format);
    if (!ours || ours->codec != answered.codec) continue;
    if (ours->payload_type == answered.payload_type) return ours->payload_type;
    if (!found || ours->packetization_mode == answered.packetization_mode) {
      found = ours->payload_type;
    }
  }
  return found;
}

void add_receive(SipMedia& media, SipCodec codec) {
  if (!contains(media.receive, codec.payload_type, &SipCodec::payload_type)) {
    media.receive.push_back(std::move(codec));
  }
}

/// What an accepted m-line of an answer comes to; without `receive` when no codec is common.
SipMedia read_answered_codecs(MediaKind kind, const MediaDescription& line, const SipLocal& local) {
  SipMedia media;
  const auto offered = offered_formats(kind, local);
  auto formats = payload_formats(line);
  complete_from_offer(formats, offered);
  std::vector<SipCodec> common;
  for (const PayloadFormat& format : formats) {
    auto codec = read_codec(format);
    if (codec && our_payload_type(*codec, offered)) common.push_back(std::move(*codec));
  }
  if (common.empty()) return media;
  media.send = common.front();
  // The peer should use our numbers (RFC 3264 §5.1); many use those of their own answer.
  for (const SipCodec& codec : common) {
    if (our_payload_type(codec, offered) == codec.payload_type) add_receive(media, codec);
  }
  for (const SipCodec& codec : common) add_receive(media, codec);
  for (SipCodec codec : common) {
    codec.payload_type = *our_payload_type(codec, offered);
    add_receive(media, std::move(codec));
  }
  if (const auto* event = find_telephone_event(formats, media.send.codec)) {
    media.telephone_event = event->payload_type;
  }
  read_feedback(formats, media);
  return media;
}

/// Takes the keys of an answered m-line. Errors: NoCommonCodec.
Result<void> read_answered_srtp(const SessionDescription& session, const MediaDescription& line,
                                MediaKind kind, const SipLocal& local, SipMedia& media) {
  const auto srtp = read_srtp(session, line, local);
  if (!srtp) return std::unexpected(srtp.error());
  if (const auto* dtls = std::get_if<DtlsPeer>(&*srtp)) media.dtls = *dtls;
  const auto* crypto = std::get_if<CryptoAttribute>(&*srtp);
  if (!crypto) return {};
  const auto keys = answered_keys(line, *crypto, kind, local);
  if (!keys) return std::unexpected(keys.error());
  media.srtp = *keys;
  return {};
}

/// "audio: PCMU, G729 (refused)" for the cause of NoCommonCodec.
std::string summary(const SessionDescription& session) {
  std::string text;
  for (const MediaDescription& media : session.media) {
    if (text.size() > 400) return text + "; ...";
    if (!text.empty()) text += "; ";
    text += printable(media.kind, 32) + ": " + encoding_names(payload_formats(media));
    if (media.port == 0) text += " (refused)";
    if (!is_rtp(media)) text += " over " + printable(media.protocol, 40);
  }
  return text.empty() ? "no media" : text;
}

std::unexpected<Error> no_common_codec(const SessionDescription& peer, const SipLocal& local) {
  return fail(Errc::NoCommonCodec, fmt::format("no common codec: the phone has {}; we have {}",
                                               summary(peer), codec_summary(local)));
}

MediaDescription refuse(const MediaDescription& offered) {
  MediaDescription media;
  media.kind = offered.kind;
  media.protocol = offered.protocol;
  media.formats.push_back(offered.formats.empty() ? "0" : offered.formats.front());
  return media;
}

/// The first offered format that `local` takes.
const PayloadFormat* choose(MediaKind kind, const std::vector<PayloadFormat>& offered,
                            const SipLocal& local) {
  const auto& codecs = kind == MediaKind::Audio ? local.audio_codecs : local.video_codecs;
  for (const PayloadFormat& format : offered) {
    const auto codec = read_codec(format);
    if (!codec || kind_of(codec->codec) != kind || !contains(codecs, codec->codec)) {
      continue;
    }
    if (codec->codec == Codec::H264 && !contains(local.h264_modes, codec->packetization_mode)) {
      continue;
    }
    return &format;
  }
  return nullptr;
}

PayloadFormat answer_format(const PayloadFormat& offered, const SipCodec& codec,
                            const SipLocal& local) {
  PayloadFormat format = offered;
  format.feedback.clear();
  for (const char* feedback : {"nack pli", "ccm fir"}) {
    if (offered.has_feedback(feedback)) format.feedback.emplace_back(feedback);
  }
  format.fmtp.clear();
  if (codec.codec == Codec::Opus) format.fmtp = "useinbandfec=1";
  if (codec.codec == Codec::H264) {
    // The profile is symmetric (RFC 6184 §8.2.2). For an offer that names none ours is written: by
    // the RFC it means baseline level 1, and a phone that obeyed this would send stamps.
    format.fmtp = h264_fmtp(codec.profile_level_id, codec.packetization_mode, local);
  }
  return format;
}

/// Answers one m-line of our kinds; a result without value: there is no common codec.
Result<std::optional<SipMedia>> accept(MediaKind kind, const SessionDescription& session,
                                       const MediaDescription& offered, const SipLocal& local,
                                       MediaDescription& answer) {
  const auto formats = payload_formats(offered);
  const PayloadFormat* chosen = choose(kind, formats, local);
  if (!chosen) return std::optional<SipMedia>();
  const auto srtp = read_srtp(session, offered, local);
  if (!srtp) return std::unexpected(srtp.error());
  SipMedia media;
  if (auto read = read_transport(session, offered, local.direction, media); !read) {
    return std::unexpected(read.error());
  }
  media.send = *read_codec(*chosen);
  media.receive = {media.send};
  read_feedback({*chosen}, media);

  answer = MediaDescription{};
  answer.kind = offered.kind;
  answer.port = port_of(kind, local);
  answer.protocol = offered.protocol;
  add_format(answer, answer_format(*chosen, media.send, local));
  if (const auto* event =
          kind == MediaKind::Audio ? find_telephone_event(formats, media.send.codec) : nullptr) {
    PayloadFormat format = *event;
    format.fmtp = "0-15";
    format.feedback.clear();
    add_format(answer, format);
    media.telephone_event = event->payload_type;
  }
  if (const auto* crypto = std::get_if<CryptoAttribute>(&*srtp)) {
    media.srtp = take_offered_keys(*crypto, kind, local, answer);
  }
  if (const auto* dtls = std::get_if<DtlsPeer>(&*srtp)) {
    media.dtls = *dtls;
    answer_dtls(*dtls, local, answer);
  }
  add_wishes(answer, kind, local);
  if (media.rtcp_mux) answer.add("rtcp-mux");
  answer.add(direction_name(media.direction));
  return std::optional<SipMedia>(std::move(media));
}

}  // namespace

std::string codec_summary(const SipLocal& local) {
  std::string text;
  for (const MediaKind kind : kKinds) {
    if (port_of(kind, local) == 0) continue;
    if (!text.empty()) text += "; ";
    text += fmt::format("{}: {}", kind_name(kind), encoding_names(offered_formats(kind, local)));
  }
  return text.empty() ? "no media" : text;
}

std::string codec_summary(std::string_view description) {
  const auto session = parse_session(description);
  return session ? summary(*session) : std::string();
}

std::string make_offer(const SipLocal& local) {
  SessionDescription session = local_session(local);
  for (const MediaKind kind : kKinds) {
    const auto formats = offered_formats(kind, local);
    if (port_of(kind, local) == 0 || formats.empty()) continue;
    MediaDescription& media = session.media.emplace_back();
    media.kind = kind_name(kind);
    media.port = port_of(kind, local);
    offer_srtp(media, kind, local);
    for (const PayloadFormat& format : formats) add_format(media, format);
    add_wishes(media, kind, local);
    media.add(direction_name(local.direction));
  }
  return to_text(session);
}

Result<SipAgreement> read_answer(std::string_view answer, const SipLocal& local) {
  const auto session = parse_session(answer);
  if (!session) return std::unexpected(session.error());
  std::vector<MediaKind> offered;
  for (const MediaKind kind : kKinds) {
    if (port_of(kind, local) != 0 && !offered_formats(kind, local).empty()) offered.push_back(kind);
  }
  SipAgreement agreement;
  std::optional<Error> problem;
  for (size_t i = 0; i < session->media.size(); ++i) {
    const MediaDescription& line = session->media[i];
    if (i >= offered.size()) {
      return fail(Errc::InvalidArgument, describe(line) + ": the answer has more than was offered");
    }
    const MediaKind kind = offered[i];
    if (kind_of_line(line) != kind) {
      return fail(Errc::InvalidArgument,
                  fmt::format("{}: {} was offered here", describe(line), kind_name(kind)));
    }
    if (line.port == 0 || !is_rtp(line)) continue;
    SipMedia media = read_answered_codecs(kind, line, local);
    if (media.receive.empty()) continue;
    if (auto secured = read_answered_srtp(*session, line, kind, local, media); !secured) {
      problem = secured.error();
      continue;
    }
    if (auto read = read_transport(*session, line, local.direction, media); !read) {
      return std::unexpected(read.error());
    }
    slot(agreement, kind) = std::move(media);
  }
  if (!agreement.audio && !agreement.video) {
    if (problem) return std::unexpected(*problem);
    return no_common_codec(*session, local);
  }
  return agreement;
}

Result<SipAnswer> make_answer(std::string_view offer, const SipLocal& local) {
  const auto session = parse_session(offer);
  if (!session) return std::unexpected(session.error());
  SessionDescription answer = local_session(local);
  SipAnswer result;
  std::optional<Error> problem;
  for (const MediaDescription& line : session->media) {
    MediaDescription& ours = answer.media.emplace_back(refuse(line));
    const auto kind = kind_of_line(line);
    if (!kind || line.port == 0 || !is_rtp(line) || port_of(*kind, local) == 0) continue;
    auto& taken = slot(result.agreement, *kind);
    if (taken) continue;  // one m-line a kind
    auto accepted = accept(*kind, *session, line, local, ours);
    if (!accepted && accepted.error().code == Errc::NoCommonCodec) {
      problem = accepted.error();
      continue;
    }
    if (!accepted) return std::unexpected(accepted.error());
    taken = std::move(*accepted);
  }
  if (!result.agreement.audio && !result.agreement.video) {
    if (problem) return std::unexpected(*problem);
    return no_common_codec(*session, local);
  }
  result.sdp = to_text(answer);
  return result;
}

}  // namespace sipcast::sdp
