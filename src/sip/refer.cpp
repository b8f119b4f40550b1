#include "sip/refer.hpp"

#include "base/text.hpp"

namespace sipcast::sip {

Result<ReferRequest> read_refer(const Message& refer) {
  const auto targets = refer.values("Refer-To");
  if (targets.size() != 1) return fail(Errc::BadSyntax, "not exactly one Refer-To");
  const auto target = NameAddr::parse(targets.front());
  if (!target) return fail(Errc::BadSyntax, "Refer-To: " + target.error().cause);
  auto uri = Uri::parse(target->uri);
  if (!uri) return fail(uri.error().code, "Refer-To: " + uri.error().cause);
  ReferRequest request;
  for (const std::string_view header : split(uri->headers, '&')) {
    const auto [name, value] = cut(header, '=');
    if (iequals(unescape(name), "Replaces")) request.referral.replaces = unescape(value);
  }
  const std::string method = uri->params.get("method");
  if (!method.empty() && method != "INVITE") {
    return fail(Errc::Unsupported, "Refer-To: only INVITE can be referred to");
  }
  uri->headers.clear();
  uri->password.clear();
  request.target = uri->to_string();
  request.referral.referred_by = refer.get("Referred-By");
  return request;
}

Result<std::optional<Replaces>> read_replaces(const Message& invite) {
  const auto values = invite.values("Replaces");
  if (values.empty()) return std::optional<Replaces>{};
  if (values.size() != 1) return fail(Errc::BadSyntax, "more than one Replaces");
  const auto [call_id, parameters] = cut(values.front(), ';');
  Replaces replaces{.call_id = std::string(trim(call_id)), .to_tag = {}, .from_tag = {}};
  for (const std::string_view parameter : split(parameters, ';')) {
    const auto [name, value] = cut(parameter, '=');
    if (iequals(trim(name), "to-tag")) replaces.to_tag = trim(value);
    if (iequals(trim(name), "from-tag")) replaces.from_tag = trim(value);
    if (iequals(trim(name), "early-only")) replaces.early_only = true;
  }
  if (replaces.call_id.empty() || replaces.to_tag.empty() || replaces.from_tag.empty()) {
    return fail(Errc::BadSyntax, "Replaces: Call-ID, to-tag and from-tag are needed");
  }
  return replaces;
}

bool wants_no_subscription(const Message& refer) {
  return iequals(trim(cut(refer.get("Refer-Sub"), ';').first), "false");
}

int sipfrag_status(const Message& notify) {
  const std::string_view line = trim(cut(notify.body, '\n').first);
  if (!line.starts_with("SIP/2.0 ")) return 0;
  const auto status = parse_decimal(line.substr(8, 3), 699);
  return status && *status >= 100 ? static_cast<int>(*status) : 0;
}

}  // namespace sipcast::sip
