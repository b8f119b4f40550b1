#pragma once
#include <variant>

#include "base/result.hpp"
#include "sdp/crypto_attribute.hpp"
#include "sdp/session_description.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast::sdp {

/// Writes protocol and a=crypto lines of an offered m-line as `local.srtp` says. Optional is
/// RTP/AVP with keys, which phones without SRTP read over; Dtls is UDP/TLS/RTP/SAVP with our
/// fingerprint, a=setup:actpass and a=rtcp-mux.
void offer_srtp(MediaDescription& media, MediaKind kind, const SipLocal& local);

/// What an m-line may be secured with; monostate: plain RTP.
using SrtpChoice = std::variant<std::monostate, CryptoAttribute, DtlsPeer>;

/// What we take of the peer's m-line. Errors: NoCommonCodec with the reason (our rule and the line
/// do not go together).
Result<SrtpChoice> read_srtp(const SessionDescription& session, const MediaDescription& line,
                             const SipLocal& local);

/// The keys when the answer to our offer took `crypto`. Errors: NoCommonCodec (a tag or suite that
/// was not offered).
Result<SdesKeys> answered_keys(const MediaDescription& line, const CryptoAttribute& crypto,
                               MediaKind kind, const SipLocal& local);
/// The keys when we take the peer's offer of `crypto`, and the a=crypto of our answer.
/// Our a=fingerprint and a=setup in the answer to an offer of DTLS-SRTP: passive, unless the peer
/// is (RFC 5763 §5).
void answer_dtls(const DtlsPeer& peer, const SipLocal& local, MediaDescription& answer);
SdesKeys take_offered_keys(const CryptoAttribute& crypto, MediaKind kind, const SipLocal& local,
                           MediaDescription& answer);

}  // namespace sipcast::sdp
