#include "sdp/sip_srtp.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace sipcast::sdp {
namespace {

bool is_secure(const MediaDescription& media) {
  return iequals(media.protocol, "RTP/SAVP") || iequals(media.protocol, "RTP/SAVPF");
}

bool is_dtls(const MediaDescription& media) {
  return iequals(media.protocol, "UDP/TLS/RTP/SAVP") ||
         iequals(media.protocol, "UDP/TLS/RTP/SAVPF");
}

bool is_known_hash(std::string_view fingerprint) {
  for (const char* hash : {"sha-256 ", "sha-384 ", "sha-512 ", "sha-1 "}) {
    if (fingerprint.size() > std::string_view(hash).size() &&
        iequals(fingerprint.substr(0, std::string_view(hash).size()), hash)) {
      return true;
    }
  }
  return false;
}

const std::string* find_fingerprint(const AttributeList& attributes) {
  for (const Attribute& attribute : attributes) {
    if (attribute.name == "fingerprint" && is_known_hash(attribute.value)) return &attribute.value;
  }
  return nullptr;
}

/// RFC 5763 §5; an a=setup that is missing is active (RFC 4145 §4.1).
Result<SrtpChoice> read_dtls(const SessionDescription& session, const MediaDescription& line) {
  const std::string* fingerprint = find_fingerprint(line.attributes);
  if (!fingerprint) fingerprint = find_fingerprint(session.attributes);
  if (!fingerprint) {
    return fail(Errc::NoCommonCodec, fmt::format("{}: {} without an a=fingerprint that we know",
                                                 describe(line), line.protocol));
  }
  const std::string* setup = line.find("setup");
  if (!setup) setup = session.find("setup");
  if (setup && iequals(*setup, "holdconn")) {
    return fail(Errc::NoCommonCodec, describe(line) + ": a=setup:holdconn");
  }
  return DtlsPeer{.fingerprint = *fingerprint, .passive = setup && iequals(*setup, "passive")};
}

const std::array<SdesKey, 2>& our_keys(MediaKind kind, const SipLocal& local) {
  return kind == MediaKind::Audio ? local.audio_keys : local.video_keys;
}

}  // namespace

void offer_srtp(MediaDescription& media, MediaKind kind, const SipLocal& local) {
  if (local.srtp == SrtpMode::Dtls) {
    media.protocol = "UDP/TLS/RTP/SAVP";
    media.add("fingerprint", local.dtls_fingerprint);
    media.add("setup", "actpass");
    return media.add("rtcp-mux");
  }
  media.protocol = local.srtp == SrtpMode::Required ? "RTP/SAVP" : "RTP/AVP";
  if (local.srtp == SrtpMode::Off) return;
  uint32_t tag = 1;
  for (const SdesKey& key : our_keys(kind, local)) {
    media.add("crypto", to_text({.tag = tag++, .key = key}));
  }
}

Result<SrtpChoice> read_srtp(const SessionDescription& session, const MediaDescription& line,
                             const SipLocal& local) {
  const bool dtls = is_dtls(line);
  if (local.srtp == SrtpMode::Off || (dtls && local.dtls_fingerprint.empty())) {
    if (!is_secure(line) && !dtls) return SrtpChoice();
    return fail(Errc::NoCommonCodec,
                fmt::format("{}: {}, which sip.srtp = off refuses", describe(line), line.protocol));
  }
  if (dtls) return read_dtls(session, line);
  if (local.srtp == SrtpMode::Dtls) {
    return fail(Errc::NoCommonCodec, fmt::format("{}: {}, which sip.srtp = dtls refuses",
                                                 describe(line), line.protocol));
  }
  std::string problem = "without a key for SRTP";
  for (const Attribute& attribute : line.attributes) {
    if (attribute.name != "crypto") continue;
    auto crypto = parse_crypto(attribute.value);
    if (crypto) return *crypto;
    problem = "with " + crypto.error().cause;
  }
  if (!is_secure(line) && local.srtp == SrtpMode::Optional) return SrtpChoice();
  return fail(Errc::NoCommonCodec,
              fmt::format("{}: {} {}", describe(line), line.protocol, problem));
}

Result<SdesKeys> answered_keys(const MediaDescription& line, const CryptoAttribute& crypto,
                               MediaKind kind, const SipLocal& local) {
  const auto& keys = our_keys(kind, local);
  if (crypto.tag < 1 || crypto.tag > keys.size() ||
      keys[crypto.tag - 1].suite != crypto.key.suite) {
    return fail(Errc::NoCommonCodec,
                describe(line) + ": a=crypto answers with a tag or suite that was not offered");
  }
  return SdesKeys{.send = keys[crypto.tag - 1], .receive = crypto.key};
}

void answer_dtls(const DtlsPeer& peer, const SipLocal& local, MediaDescription& answer) {
  answer.add("fingerprint", local.dtls_fingerprint);
  answer.add("setup", peer.passive ? "active" : "passive");
}

SdesKeys take_offered_keys(const CryptoAttribute& crypto, MediaKind kind, const SipLocal& local,
                           MediaDescription& answer) {
  const auto& keys = our_keys(kind, local);
  const SdesKey& ours = keys[0].suite == crypto.key.suite ? keys[0] : keys[1];
  answer.add("crypto", to_text({.tag = crypto.tag, .key = ours}));
  return {.send = ours, .receive = crypto.key};
}

}  // namespace sipcast::sdp
