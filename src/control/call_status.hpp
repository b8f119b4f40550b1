#pragma once
#include <cstdint>
#include <string_view>

namespace sipcast {

/// The states of WCS (wcs-rest 2.5); the last three are final.
enum class CallStatus : uint8_t {
  New,
  Pending,
  Trying,
  Ring,
  RingMedia,
  SessionProgress,
  Established,
  Hold,
  Busy,
  Finish,
  Failed
};
std::string_view to_string(CallStatus status);
/// The same in the words of the native API: "new", "preparing", "trying", "ringing", "early_media",
/// "progress", "established", "held", "busy", "finished", "failed".
std::string_view call_state(CallStatus status);
constexpr bool is_final(CallStatus status) {
  return status == CallStatus::Busy || status == CallStatus::Finish || status == CallStatus::Failed;
}

}  // namespace sipcast
