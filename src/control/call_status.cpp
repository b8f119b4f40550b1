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

}  // namespace sipcast
