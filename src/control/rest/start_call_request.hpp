#pragma once
#include <boost/json/object.hpp>
#include <string_view>

#include "control/call_service.hpp"

namespace sipcast::rest {

/// The body of POST /rest-api/call/startup (wcs-rest 2.2). Errors: BadSyntax, InvalidArgument
/// naming the field.
Result<StartCall> parse_start_call(std::string_view body);

/// The body of /call/find. Errors as above.
Result<CallFilter> parse_call_filter(std::string_view body);

/// The Call object of WCS (wcs-rest 2.3).
boost::json::object call_object(const CallInfo& info);
/// The Call object of WCS (wcs-rest 2.3) as JSON text.
std::string call_to_json(const CallInfo& info);
/// A JSON array of them.
std::string calls_to_json(const std::vector<CallInfo>& calls);

}  // namespace sipcast::rest
