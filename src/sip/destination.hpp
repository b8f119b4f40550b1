#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::sip {

/// Where a first request goes: what its start line and its Route say, and where it is sent.
struct Destination {
  std::string request_uri;
  std::vector<std::string> routes;  ///< the outbound proxy as a loose route, or empty
  Target target;
};

/// `callee` is a user part, "user@host[:port]" or a sip: URI. Without outbound proxy the request
/// goes to the account's domain, unless the callee names another host or a port: then there.
/// Errors: InvalidArgument.
Result<Destination> resolve_callee(const Account& account, std::string_view callee);
/// Where REGISTER goes: the URI is the domain's (RFC 3261 §10.2). Errors: InvalidArgument.
Result<Destination> resolve_registrar(const Account& account);
/// Puts a Service-Route (RFC 3608 §5) into a first request: behind the outbound proxy, unless that
/// is its first hop already.
void use_service_route(const std::vector<std::string>& routes, Destination& destination);
/// "sip:login@domain"
std::string address_of_record(const Account& account);
/// "UDP", "TCP", "TLS" as in Via, and the parameter of a URI with its ';': nothing for UDP.
std::string_view via_transport(Transport transport);
std::string_view uri_transport(Transport transport);
/// Where a message with this topmost Route or Request-URI goes; `otherwise` when it is no sip: URI
/// and for a transport that the URI does not name.
Target target_of(std::string_view uri, const Target& otherwise);

}  // namespace sipcast::sip
