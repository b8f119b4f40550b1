#include "control/rest/proxy_text.hpp"

#include "base/text.hpp"

namespace sipcast::rest {

bool is_host(std::string_view text) {
  for (const char c : text) {
    const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
    if (!fine) return false;
  }
  return !text.empty();
}

Result<sip::Target> parse_proxy(std::string_view text, uint16_t default_port, bool& any_transport) {
  const bool secure = iequals(text.substr(0, 5), "sips:");
  if (secure || iequals(text.substr(0, 4), "sip:")) text.remove_prefix(secure ? 5 : 4);
  auto [host_port, parameters] = cut(text, ';');
  sip::Target target{
      .transport = sip::Transport::Udp, .host = std::string(host_port), .port = default_port};
  for (const std::string_view parameter : split(parameters, ';')) {
    const auto [name, value] = cut(parameter, '=');
    if (!iequals(trim(name), "transport")) continue;
    any_transport = false;
    if (iequals(trim(value), "tls")) {
      target.transport = sip::Transport::Tls;
    } else if (iequals(trim(value), "tcp")) {
      target.transport = sip::Transport::Tcp;
    } else if (!iequals(trim(value), "udp")) {
      return fail(Errc::InvalidArgument, "transport must be udp, tcp or tls");
    }
  }
  if (secure) target.transport = sip::Transport::Tls;
  any_transport = any_transport && !secure;
  if (target.transport == sip::Transport::Tls && default_port == 5060) target.port = 0;
  const size_t colon = host_port.rfind(':');
  const bool bare_v6 = host_port.find(':') != colon && !host_port.starts_with('[');
  if (colon != std::string_view::npos && !bare_v6 &&
      host_port.find(']', colon) == std::string_view::npos) {
    const auto port = parse_decimal(host_port.substr(colon + 1), 65535);
    if (!port || *port == 0)
      return fail(Errc::InvalidArgument, "the port is not a number from 1 to 65535");
    target.host = std::string(host_port.substr(0, colon));
    target.port = static_cast<uint16_t>(*port);
  }
  if (target.host.starts_with('[') && target.host.ends_with(']'))
    target.host = target.host.substr(1, target.host.size() - 2);
  if (!is_host(target.host)) return fail(Errc::InvalidArgument, "is no host name or address");
  return target;
}

}  // namespace sipcast::rest
