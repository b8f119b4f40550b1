#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "sip/message.hpp"

namespace sipcast::sip {

/// Session timers (RFC 4028) as pure functions over messages; Call keeps the time.

/// The value of Session-Expires.
struct SessionExpires {
  enum class Refresher : uint8_t { Unsaid, Uac, Uas };
  uint32_t seconds = 0;
  Refresher refresher = Refresher::Unsaid;
  /// None for a header that is missing, zero or no number.
  static std::optional<SessionExpires> of(const Message& message);
  std::string to_string() const;
};

/// What both sides agreed on.
struct SessionInterval {
  Duration interval{};
  bool we_refresh = false;
};

/// What we want; `expires` 0: no session timers.
struct SessionWish {
  Duration expires{};
  Duration min{};  ///< Min-SE: shorter ones are refused with 422
};

/// Supported, Session-Expires and Min-SE of a request of ours (§7.1). `refresher`: who it should be
/// from now on; Unsaid in the first INVITE.
void ask_for_session_timer(Message& request, const SessionWish& wish,
                           SessionExpires::Refresher refresher);
/// What a 2xx to a request of ours agreed to (§7.2); none: the session does not expire.
std::optional<SessionInterval> session_agreed_by(const Message& response);
/// True when a request of the peer must be refused with 422 (§9).
bool session_too_short(const Message& request, const SessionWish& wish);
/// Adds to our 2xx what it agrees to for `request` (§9, table 2), and returns that.
std::optional<SessionInterval> agree_session(const Message& request, const SessionWish& wish,
                                             Message& response);
/// True when a list header such as Supported or Require holds `tag`.
bool has_tag(const Message& message, std::string_view header, std::string_view tag);

}  // namespace sipcast::sip
