#pragma once
#include <boost/json/object.hpp>
#include <vector>

#include "control/call_service.hpp"
#include "control/push_service.hpp"
#include "control/record_service.hpp"

namespace sipcast::v1 {

/// What is done with each track of a stream on its way from the phone to each viewer, push and
/// recording ("passed_through", "repacketised", "transcoded", "refused", "none"), why, and the
/// lines of SDP that decided it. `viewers`, `pushes` and `recordings` are the stream's.
boost::json::object explain(const CallService::Traced& traced,
                            const std::vector<ViewerInfo>& viewers,
                            const std::vector<PushInfo>& pushes,
                            const std::vector<RecordingInfo>& recordings);

}  // namespace sipcast::v1
