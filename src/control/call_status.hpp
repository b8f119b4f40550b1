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
constexpr bool is_final(CallStatus status) {
  return status == CallStatus::Busy || status == CallStatus::Finish || status == CallStatus::Failed;
}

}  // namespace sipcast
