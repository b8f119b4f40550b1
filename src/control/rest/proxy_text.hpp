#pragma once
#include <string_view>

#include "base/result.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::rest {

/// A host name, an IPv4 or a bracketed or bare IPv6 literal: what may stand in a SIP URI.
bool is_host(std::string_view text);

/// "host", "host:port", "sip:host:port;transport=tls", "sips:host": what people write as a proxy.
/// `default_port` is the account's; 5060 is not meant for TLS, though forms always send it.
/// `any_transport` becomes false when the text names one. Errors: InvalidArgument, without the
/// field's name.
Result<sip::Target> parse_proxy(std::string_view text, uint16_t default_port, bool& any_transport);

}  // namespace sipcast::rest
