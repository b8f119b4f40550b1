#include "sdp/sip_srtp.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace sipcast::sdp {
namespace {

bool is_secure(const MediaDescription& media) {
  return iequals(media.protocol, "RTP/SAVP") || iequals(media.protocol, "RTP/SAVPF");
}

const std::array<SdesKey, 2>& our_keys(MediaKind kind, const SipLocal& local) {
  return kind == MediaKind::Audio ? local.audio_keys : local.video_keys;
}

}  // namespace

void offer_srtp(MediaDescription& media, MediaKind kind, const SipLocal& local) {
  media.protocol = local.srtp == SrtpMode::Required ? "RTP/SAVP" : "RTP/AVP";
  if (local.srtp == SrtpMode::Off) return;
  uint32_t tag = 1;
  for (const SdesKey& key : our_keys(kind, local)) {
    media.add("crypto", to_text({.tag = tag++, .key = key}));
  }
}

Result<std::optional<CryptoAttribute>> read_srtp(const MediaDescription& line,
                                                 const SipLocal& local) {
  if (local.srtp == SrtpMode::Off) {
    if (!is_secure(line)) return std::nullopt;
    return fail(Errc::NoCommonCodec,
                fmt::format("{}: {}, which sip.srtp = off refuses", describe(line), line.protocol));
  }
  std::string problem = "without a key for SRTP";
  for (const Attribute& attribute : line.attributes) {
    if (attribute.name != "crypto") continue;
    auto crypto = parse_crypto(attribute.value);
    if (crypto) return std::optional(*crypto);
    problem = "with " + crypto.error().cause;
  }
  if (!is_secure(line) && local.srtp == SrtpMode::Optional) return std::nullopt;
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

SdesKeys take_offered_keys(const CryptoAttribute& crypto, MediaKind kind, const SipLocal& local,
                           MediaDescription& answer) {
  const auto& keys = our_keys(kind, local);
  const SdesKey& ours = keys[0].suite == crypto.key.suite ? keys[0] : keys[1];
  answer.add("crypto", to_text({.tag = crypto.tag, .key = ours}));
  return {.send = ours, .receive = crypto.key};
}

}  // namespace sipcast::sdp
