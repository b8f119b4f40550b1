#include "control/call_status.hpp"

#include <utility>

namespace sipcast {

std::string_view to_string(CallStatus status) {
  switch (status) {
    case CallStatus::New:
      return "NEW";
    case CallStatus::Pending:
      return "PENDING";
    case CallStatus::Trying:
      return "TRYING";
    case CallStatus::Ring:
      return "RING";
    case CallStatus::RingMedia:
      return "RING_MEDIA";
    case CallStatus::SessionProgress:
      return "SESSION_PROGRESS";
    case CallStatus::Established:
      return "ESTABLISHED";
    case CallStatus::Hold:
      return "HOLD";
    case CallStatus::Busy:
      return "BUSY";
    case CallStatus::Finish:
      return "FINISH";
    case CallStatus::Failed:
      return "FAILED";
  }
  std::unreachable();
}

std::string_view call_state(CallStatus status) {
  switch (status) {
    case CallStatus::New:
      return "new";
    case CallStatus::Pending:
      return "preparing";
    case CallStatus::Trying:
      return "trying";
    case CallStatus::Ring:
      return "ringing";
    case CallStatus::RingMedia:
      return "early_media";
    case CallStatus::SessionProgress:
      return "progress";
    case CallStatus::Established:
      return "established";
    case CallStatus::Hold:
      return "held";
    case CallStatus::Busy:
      return "busy";
    case CallStatus::Finish:
      return "finished";
    case CallStatus::Failed:
      return "failed";
  }
  std::unreachable();
}

}  // namespace sipcast
