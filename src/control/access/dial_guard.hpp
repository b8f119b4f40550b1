#pragma once
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "control/access/dial_rules.hpp"
#include "control/access/principal.hpp"
#include "sip/user_agent.hpp"

namespace sipcast {

/// What stands between a request and a telephone bill: rules of whom to call, limits of how many
/// calls and how often, for all and for each API key, and the emergency stop. Every refusal names
/// its rule. Control loop only; time goes in.
class DialGuard {
 public:
  struct Options {
    DialRules rules;
    size_t max_calls = 0;           ///< at once; 0: no limit
    size_t max_calls_per_hour = 0;  ///< that we begin; 0: no limit
  };
  explicit DialGuard(Options options) : options_(std::move(options)) {}

  /// One more call that we begin, by `asker` (null: nobody in particular). It counts from now on
  /// for the limits of an hour, and until ended() for those of calls at once. Errors: Forbidden (a
  /// rule), Exhausted (a limit).
  Result<void> begin(const PrincipalPtr& asker, const sip::Account& account,
                     std::string_view callee, Instant now);
  void ended(const PrincipalPtr& asker);
  /// A call that comes in: it counts at once only. Errors: Forbidden, Exhausted.
  Result<void> begin_incoming();
  /// Where a call is sent on to (REFER, 3xx). Errors: Forbidden.
  Result<void> check(const sip::Account& account, std::string_view callee) const;
  const DialRules& rules() const { return options_.rules; }

  /// From now on no call begins, in either direction.
  void stop(bool stopped) { stopped_ = stopped; }
  bool stopped() const { return stopped_; }

 private:
  struct Count {
    size_t running = 0;
    std::deque<Instant> begun;  ///< within the last hour, as many as the limit at most
  };
  static bool too_many_in_an_hour(Count& count, size_t limit, Instant now);
  Result<void> check_stopped() const;
  Result<void> check_running() const;

  Options options_;
  bool stopped_ = false;
  Count all_;
  std::map<std::string, Count> by_asker_;  ///< by name; only those with limits
};

}  // namespace sipcast
