#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "control/events/event.hpp"

namespace sipcast {

/// Which events a client wants to hear of; what is absent does not filter.
struct EventFilter {
  std::set<EventType> types;  ///< empty: all
  std::optional<std::string> call, stream;
  bool matches(const Event& event) const;
};

/// "call.ended,viewer.left"; "call" stands for all types that begin with "call.". Errors:
/// InvalidArgument naming what is no type.
Result<std::set<EventType>> parse_event_types(std::string_view text);

}  // namespace sipcast
