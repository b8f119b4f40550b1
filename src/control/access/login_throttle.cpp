#include "control/access/login_throttle.hpp"

#include <algorithm>

namespace sipcast {
namespace {
constexpr size_t kNetworkBytes = 8;  // of IPv6: one customer's
}

std::string LoginThrottle::key_of(const SocketAddress& source) {
  const BytesView ip = source.ip_bytes();
  return std::string(as_text(source.is_v6() ? ip.first(kNetworkBytes) : ip));
}

std::optional<Duration> LoginThrottle::blocked(const SocketAddress& source, Instant now) {
  const auto found = sources_.find(key_of(source));
  if (found == sources_.end()) return {};
  const Instant end = found->second.since + options_.window;
  if (now >= end) {
    sources_.erase(found);
    return {};
  }
  if (options_.max_failures == 0 || found->second.failures < options_.max_failures) return {};
  return end - now;
}

void LoginThrottle::failed(const SocketAddress& source, Instant now) {
  const std::string key = key_of(source);
  if (sources_.size() >= options_.max_sources && !sources_.contains(key)) {
    std::erase_if(sources_,
                  [&](const auto& entry) { return now - entry.second.since >= options_.window; });
    if (sources_.size() >= options_.max_sources) {
      sources_.erase(std::ranges::min_element(
          sources_, {}, [](const auto& entry) { return entry.second.since; }));
    }
  }
  Source& entry = sources_.try_emplace(key, Source{.since = now}).first->second;
  if (now - entry.since >= options_.window) entry = {.since = now};
  ++entry.failures;
}

}  // namespace sipcast
