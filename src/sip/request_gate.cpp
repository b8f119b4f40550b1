#include "sip/request_gate.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace sipcast::sip {
namespace {

constexpr size_t kLookedAt = 1500;  ///< bytes of a message in which a scanner's name is looked for
constexpr double kBurst = 3;        ///< seconds
constexpr Duration kTrust = std::chrono::hours(1);
constexpr Duration kIdle = std::chrono::minutes(1);

/// As they write themselves into User-Agent, From or Contact.
constexpr std::array<std::string_view, 8> kScanners = {
    "friendly-scanner", "sipvicious", "sipcli",   "sundayddr",
    "vaxsipuseragent",  "pplsip",     "sip-scan", "iwar"};

bool is_scanner(std::string_view text) {
  const std::string lower = to_lower(text.substr(0, kLookedAt));
  return std::ranges::any_of(kScanners,
                             [&](std::string_view name) { return lower.contains(name); });
}

}  // namespace

void RequestGate::trust(const SocketAddress& peer, Instant now) {
  Source& source = source_of(peer, now);
  if (&source != &others_) source.trusted_until = now + kTrust;
}

RequestGate::Source& RequestGate::source_of(const SocketAddress& from, Instant now) {
  const SocketAddress key = from.with_port(0);
  if (const auto known = sources_.find(key); known != sources_.end()) return known->second;
  if (sources_.size() >= options_.max_sources) forget_idle(now);
  if (sources_.size() >= options_.max_sources) return others_;
  return sources_
      .emplace(
          key,
          Source{.tokens = kBurst * options_.requests_per_second, .at = now, .trusted_until = {}})
      .first->second;
}

void RequestGate::forget_idle(Instant now) {
  std::erase_if(sources_, [&](const auto& entry) {
    const Source& source = entry.second;
    return now - source.at > kIdle && (!source.trusted_until || now > *source.trusted_until);
  });
}

RequestGate::Verdict RequestGate::check(BytesView message, const SocketAddress& from, Instant now) {
  const std::string_view text = as_text(message);
  if (text.starts_with("SIP/2.0 ") || options_.requests_per_second == 0) return Verdict::Pass;
  Source& source = source_of(from, now);
  if (source.trusted_until && now <= *source.trusted_until) return Verdict::Pass;
  if (is_scanner(text)) {
    ++dropped_;
    return Verdict::Scanner;
  }
  const double rate = options_.requests_per_second;
  const double passed = std::chrono::duration<double>(now - source.at).count();
  source.tokens = std::min(source.tokens + passed * rate, kBurst * rate);
  source.at = now;
  if (source.tokens < 1) {
    ++dropped_;
    return Verdict::TooMany;
  }
  source.tokens -= 1;
  return Verdict::Pass;
}

}  // namespace sipcast::sip
