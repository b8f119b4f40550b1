#pragma once
#include <optional>

#include "base/result.hpp"
#include "sdp/crypto_attribute.hpp"
#include "sdp/session_description.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast::sdp {

/// Writes protocol and a=crypto lines of an offered m-line as `local.srtp` says. Optional is
/// RTP/AVP with keys, which phones without SRTP read over.
void offer_srtp(MediaDescription& media, MediaKind kind, const SipLocal& local);

/// The peer's key of an m-line that we may take; none: plain RTP. Errors: NoCommonCodec with the
/// reason (our rule and the line do not go together).
Result<std::optional<CryptoAttribute>> read_srtp(const MediaDescription& line,
                                                 const SipLocal& local);

/// The keys when the answer to our offer took `crypto`. Errors: NoCommonCodec (a tag or suite that
/// was not offered).
Result<SdesKeys> answered_keys(const MediaDescription& line, const CryptoAttribute& crypto,
                               MediaKind kind, const SipLocal& local);
/// The keys when we take the peer's offer of `crypto`, and the a=crypto of our answer.
SdesKeys take_offered_keys(const CryptoAttribute& crypto, MediaKind kind, const SipLocal& local,
                           MediaDescription& answer);

}  // namespace sipcast::sdp
