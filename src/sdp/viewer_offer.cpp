#include "sdp/viewer_offer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "sdp/contains.hpp"
#include "sdp/sip_formats.hpp"

namespace sipcast::sdp {
namespace {

bool is_secure_rtp(const MediaDescription& media) {
  return media.protocol.ends_with("RTP/SAVPF") || media.protocol.ends_with("RTP/SAVP");
}

/// Mids of the BUNDLE group that holds `mid`; empty: it is in none.
std::vector<std::string_view> bundle_of(const SessionDescription& session, std::string_view mid) {
  for (const auto& [name, value] : session.attributes) {
    if (name != "group") continue;
    auto words = split(value, ' ');
    if (words.front() != "BUNDLE") continue;
    std::erase(words, std::string_view());
    words.erase(words.begin());
    if (contains(words, mid)) return words;
  }
  return {};
}

/// The m-line that carries the transport attributes of `media`'s bundle; itself outside of one.
const MediaDescription& tagged_line(const SessionDescription& session,
                                    const MediaDescription& media) {
  const std::string* mid = media.find("mid");
  if (!mid) return media;
  const auto group = bundle_of(session, *mid);
  if (group.empty()) return media;
  for (const MediaDescription& other : session.media) {
    const std::string* tag = other.find("mid");
    if (tag && *tag == group.front()) return other;
  }
  return media;
}

std::string find_transport_value(const SessionDescription& session, const MediaDescription& media,
                                 std::string_view name) {
  const std::string* value = media.find(name);
  if (!value) value = session.find(name);
  if (!value) value = tagged_line(session, media).find(name);
  return value ? *value : std::string();
}

/// The strongest one that we check: sha-256 before any other.
std::string find_fingerprint(const SessionDescription& session, const MediaDescription& media) {
  for (const AttributeList* list :
       {&media.attributes, &session.attributes, &tagged_line(session, media).attributes}) {
    for (const auto& [name, value] : *list) {
      if (name == "fingerprint" && iequals(cut(value, ' ').first, "sha-256")) return value;
    }
  }
  return find_transport_value(session, media, "fingerprint");
}

std::unexpected<Error> refuse(const MediaDescription& media, std::string_view reason) {
  return fail(Errc::InvalidArgument, fmt::format("{}: {}", describe(media), reason));
}

Result<UsableLine> check_line(const SessionDescription& session, size_t index, MediaKind kind) {
  const MediaDescription& media = session.media[index];
  if (media.port == 0 && !media.has("bundle-only")) return refuse(media, "its port is 0");
  if (!is_secure_rtp(media)) {
    return refuse(media, fmt::format("{} is not RTP/SAVPF", printable(media.protocol, 40)));
  }
  const Direction direction = direction_of(session, media);
  if (direction != Direction::SendRecv && direction != Direction::RecvOnly) {
    return refuse(media, fmt::format("a={} does not receive", direction_name(direction)));
  }
  if (!media.has("rtcp-mux") && !tagged_line(session, media).has("rtcp-mux")) {
    return refuse(media, "no a=rtcp-mux");
  }
  if (find_transport_value(session, media, "setup") == "passive") {
    return refuse(media, "a=setup:passive, but this server is the DTLS server");
  }
  UsableLine line{.index = index,
                  .kind = kind,
                  .transport = {.ufrag = find_transport_value(session, media, "ice-ufrag"),
                                .pwd = find_transport_value(session, media, "ice-pwd"),
                                .fingerprint = find_fingerprint(session, media)}};
  // RFC 8839 §5.4: at most 256 characters each.
  if (line.transport.ufrag.empty() || line.transport.ufrag.size() > 256) {
    return refuse(media, "no a=ice-ufrag");
  }
  if (line.transport.pwd.empty() || line.transport.pwd.size() > 256) {
    return refuse(media, "no a=ice-pwd");
  }
  if (line.transport.fingerprint.empty()) return refuse(media, "no a=fingerprint");
  return line;
}

}  // namespace

bool ViewerOffer::bundled(size_t a, size_t b) const {
  const std::string* mid_a = session.media[a].find("mid");
  const std::string* mid_b = session.media[b].find("mid");
  return mid_a && mid_b && contains(bundle_of(session, *mid_a), *mid_b);
}

Result<ViewerOffer> parse_viewer_offer(std::string_view offer) {
  auto session = parse_session(offer);
  if (!session) return std::unexpected(session.error());
  ViewerOffer parsed{.session = std::move(*session), .usable = {}};
  std::string reason = "the offer has no m=audio and no m=video";
  bool found = false;
  for (size_t i = 0; i < parsed.session.media.size(); ++i) {
    const MediaDescription& media = parsed.session.media[i];
    const bool audio = iequals(media.kind, "audio");
    if (!audio && !iequals(media.kind, "video")) continue;
    auto line = check_line(parsed.session, i, audio ? MediaKind::Audio : MediaKind::Video);
    if (line) {
      parsed.usable.push_back(std::move(*line));
    } else if (!found) {
      reason = line.error().cause;
      found = true;
    }
  }
  if (parsed.usable.empty()) return fail(Errc::InvalidArgument, reason);
  return parsed;
}

}  // namespace sipcast::sdp
