#include "control/events/event_filter.hpp"

#include "base/text.hpp"

namespace sipcast {

bool EventFilter::matches(const Event& event) const {
  return (types.empty() || types.contains(event.type)) && (!call || *call == event.call.value) &&
         (!stream || *stream == event.stream.value);
}

Result<std::set<EventType>> parse_event_types(std::string_view text) {
  std::set<EventType> types;
  for (const std::string_view name : split(text, ',')) {
    const size_t before = types.size();
    if (const auto type = event_type_from(name)) {
      types.insert(*type);
      continue;
    }
    for (size_t i = 0; i < kEventTypes; ++i) {
      const auto type = static_cast<EventType>(i);
      if (!name.empty() && cut(to_string(type), '.').first == name) types.insert(type);
    }
    if (types.size() == before) {
      return fail(Errc::InvalidArgument, "types: no event is called " + printable(name, 60));
    }
  }
  return types;
}

}  // namespace sipcast
