#pragma once
#include <string>
#include <string_view>

namespace sipcast::sip {

/// A SIP message as it may be kept and shown: '*' ('x' in an SRTP key) in place of every byte that
/// could prove a password, open media, or tell a digit. Any bytes will do. Lengths stay, so
/// Content-Length holds.
///
/// Masked are: all of Authorization and its like but scheme, username, realm, nonce, uri,
/// algorithm, qop, nc and opaque; headers that are named after tokens, secrets, passwords or
/// cookies; passwords in sip: URIs; keys in SDP (RFC 4568, RFC 4567, ICE, k=) wherever they stand;
/// digits in the body of an INFO.
std::string redacted(std::string message);

}  // namespace sipcast::sip
