#include "control/device_rules.hpp"

#include <algorithm>

#include "control/incoming_rules.hpp"

namespace sipcast {

const sdp::SipLocal& DeviceRules::local_for(const StartCall& call) const {
  const std::string& login = call.account.login;
  const std::string with_domain = login + '@' + call.account.domain;
  const auto rule = std::ranges::find_if(rules, [&](const Rule& candidate) {
    const bool whole = candidate.account.contains('@');
    return matches_pattern(candidate.account, whole ? with_domain : login) &&
           matches_pattern(candidate.callee, call.callee);
  });
  return rule == rules.end() ? usual : rule->local;
}

void DeviceRules::set_dtls_fingerprint(const std::string& fingerprint) {
  usual.dtls_fingerprint = fingerprint;
  for (Rule& rule : rules) rule.local.dtls_fingerprint = fingerprint;
}

}  // namespace sipcast
