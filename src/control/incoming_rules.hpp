#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "control/ip_network.hpp"
#include "sip/user_agent.hpp"

namespace sipcast {

/// Who may call us, and which stream the call becomes. Rules stand one behind the other, divided by
/// ';', and the first that fits decides; without any that fits a call is refused with 403:
///
///     from=192.0.2.0/24 callee=9* stream=trunk-{callee}; caller=door* stream={caller}; callee=*
///     busy
///
/// A rule is made of conditions (`from=` an address or a network, `caller=` and `callee=` user
/// parts with * for any text; those left out hold always) and of one verdict: `stream=` a pattern
/// with {caller} and {callee}, `reject` (403) or `busy` (486). `user=` beside `stream=` wants the
/// caller to prove by digest that it is one of the users that the pattern fits; `app=` names the
/// app whose hooks hear of the call, and whose OnCallEvent decides on it (without: defaultApp).
class IncomingRules {
 public:
  struct Decision {
    int sip_status = 403;  ///< 200: the call becomes `stream`
    std::string stream;
    std::string user;  ///< with 200: who the caller must prove to be, a pattern; "": anyone
    std::string app = "defaultApp";  ///< with 200: appKey of the call
  };
  /// Errors: InvalidArgument naming the rule and the word.
  static Result<IncomingRules> parse(std::string_view text);
  bool wants_users() const;  ///< some rule asks for a user
  bool empty() const { return rules_.empty(); }
  Decision decide(const sip::IncomingCall& call) const;

 private:
  struct Rule {
    IpNetwork network;  ///< empty: any
    std::string caller = "*", callee = "*";
    int sip_status = 0;
    std::string stream;
    std::string user;
    std::string app = "defaultApp";
  };
  static Result<Rule> parse_rule(std::string_view text);
  static bool fits(const Rule& rule, const sip::IncomingCall& call);
  std::vector<Rule> rules_;
};

/// `pattern` holds at most a few '*'; each stands for any text.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace sipcast
