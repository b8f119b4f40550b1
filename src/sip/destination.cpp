#include "sip/destination.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"
#include "sip/uri.hpp"

namespace sipcast::sip {
namespace {

Result<HostPort> domain_of(const Account& account) {
  auto domain = HostPort::parse(account.domain);
  if (!domain) domain = HostPort::parse(bracketed(account.domain));
  if (!domain) {
    return fail(Errc::InvalidArgument,
                "the SIP domain is no host name: " + printable(account.domain, 80));
  }
  if (domain->port == 0) domain->port = account.port;
  return domain;
}

Target domain_target(const Account& account, const HostPort& domain) {
  return {.transport = account.transport, .host = domain.host, .port = domain.port};
}

uint16_t shown_port(const Account& account, const HostPort& domain) {
  return account.outbound_proxy || domain.port == default_port(account.transport) ? uint16_t{0}
                                                                                  : domain.port;
}

void route_by_proxy(const Account& account, Destination& destination) {
  if (!account.outbound_proxy) return;
  const Target& proxy = *account.outbound_proxy;
  destination.target = proxy;
  const std::string port = proxy.port ? ':' + std::to_string(proxy.port) : "";
  destination.routes = {
      fmt::format("<sip:{}{}{};lr>", bracketed(proxy.host), port, uri_transport(proxy.transport))};
}

}  // namespace

std::string_view via_transport(Transport transport) {
  switch (transport) {
    case Transport::Udp:
      return "UDP";
    case Transport::Tcp:
      return "TCP";
    case Transport::Tls:
      return "TLS";
  }
  std::unreachable();
}

std::string_view uri_transport(Transport transport) {
  switch (transport) {
    case Transport::Udp:
      return "";
    case Transport::Tcp:
      return ";transport=tcp";
    case Transport::Tls:
      return ";transport=tls";
  }
  std::unreachable();
}

std::string address_of_record(const Account& account) {
  const auto domain = domain_of(account);
  return "sip:" + escape_user(account.login) + '@' +
         bracketed(domain ? domain->host : account.domain);
}

Target target_of(std::string_view text, const Target& otherwise) {
  const auto uri = Uri::parse(text);
  if (!uri) return otherwise;
  Target target{.transport = otherwise.transport, .host = uri->host, .port = uri->port};
  const std::string transport = uri->params.get("transport");
  if (iequals(transport, "tcp")) target.transport = Transport::Tcp;
  if (iequals(transport, "udp")) target.transport = Transport::Udp;
  if (iequals(transport, "tls") || uri->secure) target.transport = Transport::Tls;
  const std::string maddr = uri->params.get("maddr");
  if (const auto host = HostPort::parse(maddr); host && host->port == 0) target.host = host->host;
  return target;
}

Result<Destination> resolve_callee(const Account& account, std::string_view callee) {
  const auto domain = domain_of(account);
  if (!domain) return std::unexpected(domain.error());
  const auto bad = [&](std::string_view why) {
    return fail(Errc::InvalidArgument,
                fmt::format("the callee \"{}\" cannot be called: {}", printable(callee, 80), why));
  };
  callee = trim(callee);
  if (callee.empty() || callee.size() > 1024) return bad("it is empty or too long");
  const Target home = domain_target(account, *domain);
  Uri uri;
  bool has_host = true;
  const bool is_uri = iequals(callee.substr(0, 4), "sip:") || iequals(callee.substr(0, 5), "sips:");
  if (is_uri) {
    auto parsed = Uri::parse(callee);
    if (!parsed) return bad(parsed.error().cause);
    uri = std::move(*parsed);
    uri.headers.clear();
  } else {
    if (std::ranges::any_of(callee, [](char c) {
          return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"';
        })) {
      return bad("blanks or quotes in it");
    }
    const size_t at = callee.rfind('@');
    uri.user = escape_user(callee.substr(0, at));
    if (uri.user.empty()) return bad("it has no user part");
    has_host = at != std::string_view::npos;
    if (has_host) {
      auto host = HostPort::parse(callee.substr(at + 1));
      if (!host) return bad(host.error().cause);
      uri.host = host->host;
      uri.port = host->port;
    }
  }
  if (!has_host) uri.host = domain->host;
  const bool at_home = iequals(uri.host, domain->host) && uri.port == 0 && !uri.secure;
  if (at_home) uri.port = shown_port(account, *domain);
  if (!uri.params.find("transport") && !uri.secure && !account.outbound_proxy &&
      account.transport != Transport::Udp) {
    uri.params.set("transport", account.transport == Transport::Tcp ? "tcp" : "tls");
  }
  Destination destination{
      .request_uri = uri.to_string(), .routes = {}, .target = target_of(uri.to_string(), home)};
  route_by_proxy(account, destination);
  return destination;
}

Result<Destination> resolve_registrar(const Account& account) {
  const auto domain = domain_of(account);
  if (!domain) return std::unexpected(domain.error());
  if (account.login.empty()) return fail(Errc::InvalidArgument, "the SIP login is empty");
  const Uri uri{.user = {},
                .password = {},
                .host = domain->host,
                .port = shown_port(account, *domain),
                .params = {},
                .headers = {}};
  Destination destination{
      .request_uri = uri.to_string(), .routes = {}, .target = domain_target(account, *domain)};
  route_by_proxy(account, destination);
  return destination;
}

void use_service_route(const std::vector<std::string>& routes, Destination& destination) {
  if (routes.empty()) return;
  const auto parsed = NameAddr::parse(routes.front());
  const Target first = parsed ? target_of(parsed->uri, destination.target) : destination.target;
  const bool proxied = !destination.routes.empty();
  const bool same = iequals(first.host, destination.target.host) &&
                    (first.port == destination.target.port || first.port == 0);
  if (proxied && same) destination.routes.clear();
  if (!proxied) destination.target = first;
  destination.routes.insert(destination.routes.end(), routes.begin(), routes.end());
}

}  // namespace sipcast::sip
