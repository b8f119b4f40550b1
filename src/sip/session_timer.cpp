#include "sip/session_timer.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sip/uri.hpp"

namespace sipcast::sip {
namespace {

using Refresher = SessionExpires::Refresher;
constexpr uint32_t kMaxSeconds = 7 * 86'400;
constexpr uint32_t kMinSeconds = 2;  ///< a peer that wants less does not make us send without end

uint32_t seconds_of(Duration duration) {
  return static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

/// A number of seconds with parameters behind it.
std::optional<uint32_t> delta_seconds(std::string_view value) {
  const auto seconds = parse_decimal(trim(cut(value, ';').first), UINT32_MAX);
  if (!seconds || *seconds == 0) return {};
  return static_cast<uint32_t>(std::min<uint64_t>(*seconds, kMaxSeconds));
}

SessionInterval interval_of(uint32_t seconds, bool we_refresh) {
  return {.interval = std::chrono::seconds(std::max(seconds, kMinSeconds)),
          .we_refresh = we_refresh};
}

}  // namespace

bool has_tag(const Message& message, std::string_view header, std::string_view tag) {
  return std::ranges::any_of(message.values(header),
                             [&](const std::string& value) { return iequals(value, tag); });
}

std::optional<SessionExpires> SessionExpires::of(const Message& message) {
  const std::string value = message.get("Session-Expires");
  const auto seconds = delta_seconds(value);
  if (!seconds) return {};
  SessionExpires expires{.seconds = *seconds};
  const size_t semicolon = value.find(';');
  if (semicolon == std::string::npos) return expires;
  const auto params = Params::parse(std::string_view(value).substr(semicolon));
  const std::string who = params ? params->get("refresher") : "";
  if (iequals(who, "uac")) expires.refresher = Refresher::Uac;
  if (iequals(who, "uas")) expires.refresher = Refresher::Uas;
  return expires;
}

std::string SessionExpires::to_string() const {
  std::string text = std::to_string(seconds);
  if (refresher == Refresher::Uac) text += ";refresher=uac";
  if (refresher == Refresher::Uas) text += ";refresher=uas";
  return text;
}

void ask_for_session_timer(Message& request, const SessionWish& wish, Refresher refresher) {
  if (wish.expires == Duration::zero()) return;
  request.add("Supported", "timer");
  const SessionExpires expires{.seconds = seconds_of(wish.expires), .refresher = refresher};
  request.add("Session-Expires", expires.to_string());
  request.add("Min-SE", std::to_string(seconds_of(wish.min)));
}

std::optional<SessionInterval> session_agreed_by(const Message& response) {
  const auto expires = SessionExpires::of(response);
  if (!expires) return {};
  return interval_of(expires->seconds, expires->refresher != Refresher::Uas);
}

bool session_too_short(const Message& request, const SessionWish& wish) {
  if (wish.expires == Duration::zero() || !has_tag(request, "Supported", "timer")) return false;
  const auto expires = SessionExpires::of(request);
  return expires && expires->seconds < seconds_of(wish.min);
}

std::optional<SessionInterval> agree_session(const Message& request, const SessionWish& wish,
                                             Message& response) {
  if (wish.expires == Duration::zero()) return {};
  const bool peer_knows_timers = has_tag(request, "Supported", "timer");
  const auto asked = SessionExpires::of(request);
  if (!asked && !peer_knows_timers) return {};  // it has not asked to be cut off
  const uint32_t peer_min = delta_seconds(request.get("Min-SE")).value_or(0);
  SessionExpires expires{.seconds = std::max(seconds_of(wish.expires), peer_min),
                         .refresher = Refresher::Uas};
  if (asked) {
    expires.seconds = std::max(asked->seconds, seconds_of(wish.min));
    if (peer_knows_timers && asked->refresher != Refresher::Uas) expires.refresher = Refresher::Uac;
  }
  response.add("Supported", "timer");
  response.add("Session-Expires", expires.to_string());
  if (expires.refresher == Refresher::Uac) response.add("Require", "timer");
  return interval_of(expires.seconds, expires.refresher == Refresher::Uas);
}

}  // namespace sipcast::sip
