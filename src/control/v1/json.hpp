#pragma once
#include <boost/json/object.hpp>

#include "control/call_service.hpp"
#include "control/push_service.hpp"
#include "control/record_service.hpp"

/// What the native API shows: nouns of the house, snake_case, units in the names, null for what is
/// not there. The OpenAPI description (web/openapi.json) says the same, and a test compares them.
namespace sipcast::v1 {

boost::json::object to_json(const CallInfo& call);
/// The same with start-up times and media.
boost::json::object to_json(const CallService::Traced& traced);
/// @param call  whose stream it is; nullptr: it has ended just now
boost::json::object to_json(const StreamInfo& stream, const CallInfo* call);
/// "waiting", "live", "interrupted" (its call is held), "ended".
std::string_view state_of(const StreamInfo& stream, const CallInfo* call);
boost::json::object to_json(const ViewerInfo& viewer);
boost::json::object to_json(const PushInfo& push);
boost::json::object to_json(const RecordingInfo& recording);

}  // namespace sipcast::v1
