#include "control/events/event.hpp"

#include <array>

#include "control/json_text.hpp"

namespace sipcast {
namespace {

constexpr std::array<std::string_view, kEventTypes> kNames = {
    "call.started",       "call.progress",        "call.ringing",      "call.established",
    "call.held",          "call.resumed",         "call.dtmf",         "call.transferring",
    "call.transferred",   "call.transfer_failed", "call.no_rtp",       "call.ended",
    "stream.started",     "stream.live",          "stream.changed",    "stream.interrupted",
    "stream.resumed",     "stream.ended",         "viewer.joined",     "viewer.first_frame",
    "viewer.left",        "viewer.refused",       "push.started",      "push.publishing",
    "push.retrying",      "push.ended",           "recording.started", "recording.failed",
    "recording.finished", "server.draining",
};
static_assert(kNames[static_cast<size_t>(EventType::ServerDraining)] == "server.draining");
static_assert(kNames[static_cast<size_t>(EventType::ViewerLeft)] == "viewer.left");

}  // namespace

std::string_view to_string(EventType type) { return kNames[static_cast<size_t>(type)]; }

std::optional<EventType> event_type_from(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<EventType>(i);
  }
  return {};
}

boost::json::object to_json(const Event& event) {
  return {{"id", event.id},
          {"time", iso_time(event.time)},
          {"type", to_string(event.type)},
          {"call_id", text_or_null(event.call.value)},
          {"stream", text_or_null(event.stream.value)},
          {"data", event.data}};
}

}  // namespace sipcast
