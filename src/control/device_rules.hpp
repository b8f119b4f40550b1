#pragma once
#include <string>
#include <vector>

#include "control/call_info.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast {

/// What our descriptions have in common, and for which calls they are made otherwise: the first
/// rule that fits counts.
struct DeviceRules {
  struct Rule {
    /// Patterns of matches_pattern. The account is "login@domain", or "login" where the pattern has
    /// no '@'; of calls that come in, the caller's.
    std::string account = "*", callee = "*";
    sdp::SipLocal local;
  };
  std::vector<Rule> rules;
  sdp::SipLocal usual;

  const sdp::SipLocal& local_for(const StartCall& call) const;
  /// Of our certificate: the same in all descriptions.
  void set_dtls_fingerprint(const std::string& fingerprint);
};

}  // namespace sipcast
