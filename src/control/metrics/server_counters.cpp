#include "control/metrics/server_counters.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sip/raw_headers.hpp"

namespace sipcast {
namespace {

constexpr std::string_view kSides[] = {"received", "sent"};

/// Methods are strangers' words: only known ones become labels.
std::string_view known_method(std::string_view method) {
  static constexpr std::string_view kMethods[] = {
      "INVITE", "ACK",   "BYE",   "CANCEL", "REGISTER",  "OPTIONS", "INFO",
      "UPDATE", "PRACK", "REFER", "NOTIFY", "SUBSCRIBE", "MESSAGE", "PUBLISH"};
  const auto found = std::ranges::find(kMethods, method);
  return found == std::end(kMethods) ? "other" : *found;
}

}  // namespace

ServerCounters::ServerCounters(EventLog& log)
    : subscription_(log.subscribe([this](const EventPtr& event) { on_event(*event); })) {}

void ServerCounters::count(ByWord& by_word, const Event& event, std::string_view field) {
  const boost::json::value* value = event.data.if_contains(field);
  if (value && value->is_string()) ++by_word[std::string(value->get_string())];
}

void ServerCounters::on_event(const Event& event) {
  ++events_[static_cast<size_t>(event.type)];
  if (event.type == EventType::CallStarted) count(calls_started_, event, "direction");
  if (event.type == EventType::CallEnded) count(calls_ended_, event, "reason");
  if (event.type == EventType::StreamEnded) count(streams_ended_, event, "reason");
  if (event.type == EventType::ViewerJoined) count(viewers_joined_, event, "signalling");
  if (event.type == EventType::ViewerRefused) count(viewers_refused_, event, "reason");
  if (event.type == EventType::ViewerLeft) count(viewers_left_, event, "reason");
  if (event.type == EventType::ViewerFirstFrame) {
    const boost::json::value* after = event.data.if_contains("after_ms");
    if (after && after->is_int64()) {
      viewer_first_frame_.observe(std::chrono::milliseconds(after->get_int64()));
    }
  }
}

void ServerCounters::on_sip_message(const TracedMessage& message) {
  const std::string_view line = sip::RawHeaders(message.text).start_line();
  const size_t side = message.sent ? 1 : 0;
  if (!line.starts_with("SIP/2.0 ")) {
    ++sip_requests_[side][std::string(known_method(cut(line, ' ').first))];
    return;
  }
  const auto status = parse_decimal(line.substr(8, 3), 699);
  if (status && *status >= 100) ++sip_responses_[side][std::string(line.substr(8, 3))];
}

void ServerCounters::on_milestone(Milestone milestone, Duration since_start) {
  steps_[static_cast<size_t>(milestone)].observe(since_start);
}

void ServerCounters::write(PrometheusText& out) const {
  const auto by_word = [&](std::string_view name, std::string_view label, const ByWord& counts,
                           std::string_view help) {
    out.begin(name, "counter", help);
    for (const auto& [word, count] : counts) out.sample({{label, word}}, count);
  };
  by_word("calls_started_total", "direction", calls_started_, "Calls that have begun.");
  by_word("calls_ended_total", "reason", calls_ended_, "Calls that have ended, and why.");
  out.begin("call_setup_seconds", "histogram",
            "From the order of a call, or its INVITE, to each step of its start.");
  static constexpr std::string_view kSteps[] = {
      "invite",    "trying",         "ringing",           "answered",
      "first_rtp", "first_keyframe", "first_viewer_frame"};
  static_assert(std::size(kSteps) == kMilestones);
  for (size_t i = 0; i < kMilestones; ++i) out.sample({{"step", kSteps[i]}}, steps_[i]);
  out.begin("sip_requests_total", "counter", "SIP requests, retransmissions included.");
  for (size_t side = 0; side < 2; ++side) {
    for (const auto& [method, count] : sip_requests_[side]) {
      out.sample({{"direction", kSides[side]}, {"method", method}}, count);
    }
  }
  out.begin("sip_responses_total", "counter", "SIP responses, retransmissions included.");
  for (size_t side = 0; side < 2; ++side) {
    for (const auto& [status, count] : sip_responses_[side]) {
      out.sample({{"direction", kSides[side]}, {"status", status}}, count);
    }
  }
  by_word("streams_ended_total", "reason", streams_ended_, "Streams that have ended, and why.");
  by_word("viewers_joined_total", "signalling", viewers_joined_, "Viewers that got an answer.");
  by_word("viewers_refused_total", "reason", viewers_refused_,
          "Viewers that were refused, and why.");
  by_word("viewers_left_total", "reason", viewers_left_, "Viewers that have left, and why.");
  out.begin("viewer_first_frame_seconds", "histogram",
            "From a viewer's answer to its first frame.");
  out.sample({}, viewer_first_frame_);
  out.begin("events_total", "counter", "Events of the log, by type.");
  for (size_t i = 0; i < kEventTypes; ++i) {
    out.sample({{"type", to_string(static_cast<EventType>(i))}}, events_[i]);
  }
}

}  // namespace sipcast
