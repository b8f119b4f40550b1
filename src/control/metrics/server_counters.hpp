#pragma once
#include <array>
#include <map>
#include <string>

#include "control/events/event_log.hpp"
#include "control/metrics/prometheus_text.hpp"
#include "control/trace/call_trace.hpp"

namespace sipcast {

/// Counts what happens from the start of the server on: events, SIP messages, how long calls take
/// to come to each step. Control loop only.
class ServerCounters {
 public:
  explicit ServerCounters(EventLog& log);
  void on_sip_message(const TracedMessage& message);
  void on_milestone(Milestone milestone, Duration since_start);
  void write(PrometheusText& out) const;

 private:
  void on_event(const Event& event);
  /// By a text of the event's data; only texts of ours come to be labels.
  using ByWord = std::map<std::string, uint64_t, std::less<>>;
  static void count(ByWord& by_word, const Event& event, std::string_view field);

  std::array<uint64_t, kEventTypes> events_{};
  ByWord calls_started_, calls_ended_, viewers_joined_, viewers_refused_, viewers_left_,
      streams_ended_;
  std::array<ByWord, 2> sip_requests_, sip_responses_;  // received, sent
  std::array<Histogram, kMilestones> steps_;
  Histogram viewer_first_frame_;
  EventLog::Subscription subscription_;
};

}  // namespace sipcast
