#include "control/access/dial_guard.hpp"

#include <fmt/format.h>

#include "sip/destination.hpp"
#include "sip/uri.hpp"

namespace sipcast {
namespace {
constexpr Duration kHour = std::chrono::hours(1);
}

bool DialGuard::too_many_in_an_hour(Count& count, size_t limit, Instant now) {
  while (!count.begun.empty() && now - count.begun.front() >= kHour) count.begun.pop_front();
  return limit > 0 && count.begun.size() >= limit;
}

Result<void> DialGuard::check_stopped() const {
  if (!stopped_) return {};
  return fail(Errc::Forbidden, "emergency-stop: calls are stopped (DELETE /v1/emergency-stop)");
}

Result<void> DialGuard::check_running() const {
  if (options_.max_calls == 0 || all_.running < options_.max_calls) return {};
  return fail(Errc::Exhausted,
              fmt::format("dial.max_calls: {} calls run already", options_.max_calls));
}

Result<void> DialGuard::check(const sip::Account& account, std::string_view callee) const {
  const auto destination = sip::resolve_callee(account, callee);
  if (!destination) return {};  // whoever calls it says so better
  const auto uri = sip::Uri::parse(destination->request_uri);
  if (!uri) return {};
  return options_.rules.check(uri->user, {uri->host, destination->target.host});
}

Result<void> DialGuard::begin(const PrincipalPtr& asker, const sip::Account& account,
                              std::string_view callee, Instant now) {
  if (auto stopped = check_stopped(); !stopped) return stopped;
  if (auto allowed = check(account, callee); !allowed) return allowed;
  if (auto room = check_running(); !room) return room;
  if (too_many_in_an_hour(all_, options_.max_calls_per_hour, now)) {
    return fail(Errc::Exhausted, fmt::format("dial.max_calls_per_hour: {} calls were begun in the "
                                             "last hour",
                                             options_.max_calls_per_hour));
  }
  if (asker && (asker->max_calls > 0 || asker->calls_per_hour > 0)) {
    Count& own = by_asker_[asker->name];
    if (asker->max_calls > 0 && own.running >= asker->max_calls) {
      return fail(Errc::Exhausted, fmt::format("calls={} of the {}: as many run already",
                                               asker->max_calls, asker->name));
    }
    if (too_many_in_an_hour(own, asker->calls_per_hour, now)) {
      return fail(Errc::Exhausted, fmt::format("calls_per_hour={} of the {}: as many were begun in "
                                               "the last hour",
                                               asker->calls_per_hour, asker->name));
    }
    ++own.running;
    if (asker->calls_per_hour > 0) own.begun.push_back(now);
  }
  ++all_.running;
  if (options_.max_calls_per_hour > 0) all_.begun.push_back(now);
  return {};
}

Result<void> DialGuard::begin_incoming() {
  if (auto stopped = check_stopped(); !stopped) return stopped;
  if (auto room = check_running(); !room) return room;
  ++all_.running;
  return {};
}

void DialGuard::ended(const PrincipalPtr& asker) {
  if (all_.running > 0) --all_.running;
  if (!asker) return;
  const auto own = by_asker_.find(asker->name);
  if (own == by_asker_.end()) return;
  if (own->second.running > 0) --own->second.running;
  if (own->second.running == 0 && own->second.begun.empty()) by_asker_.erase(own);
}

}  // namespace sipcast
