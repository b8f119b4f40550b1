#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/push_service.hpp"

namespace sipcast::rest {

/// What WCS puts in front of a stream's name at the RTMP server.
inline constexpr std::string_view kRtmpPrefix = "rtmp_";

/// The body of POST /rest-api/push/startup (wcs-rest 3). Errors: BadSyntax, InvalidArgument naming
/// the field.
Result<StartPush> parse_start_push(std::string_view body);

/// Which pushes /push/find answers with; absent fields do not filter.
struct PushFilter {
  std::optional<std::string> stream, url;
  bool matches(const PushInfo& push) const;
};
Result<PushFilter> parse_push_filter(std::string_view body);

/// The Transponder object of WCS as JSON text, and more of our own.
std::string push_to_json(const PushInfo& push);
std::string pushes_to_json(const std::vector<PushInfo>& pushes);
/// How a push looks as the `rtmpStreamStatus` of a call.
std::string_view to_string(PushState state);

}  // namespace sipcast::rest
