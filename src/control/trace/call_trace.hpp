#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/socket_address.hpp"
#include "base/time.hpp"
#include "net/sip_hop.hpp"

namespace sipcast {

/// One SIP message as the wire had it; its secrets are masked (sip/redact.hpp).
struct TracedMessage {
  Instant at;
  bool sent = false;  ///< by us
  SipTransport transport = SipTransport::Udp;
  SocketAddress local, remote;
  size_t size = 0;   ///< on the wire
  std::string text;  ///< at most CallTrace::kMaxMessage bytes of it
};

/// What changed, in plain words.
struct TracedEvent {
  Instant at;
  std::string text;
};

/// The steps from the order of a call to a picture at a viewer.
enum class Milestone : uint8_t {
  Invite,         ///< sent, or come in
  Trying,         ///< 100
  Ringing,        ///< the first other provisional response
  Answered,       ///< the first 2xx
  FirstMedia,     ///< the first RTP that could be used
  FirstKeyframe,  ///< whole
  FirstViewer,    ///< a viewer was connected and had something to see
};
constexpr size_t kMilestones = 7;
std::string_view to_string(Milestone milestone);

/// The flight recorder of one call: its SIP messages and what became of it, bounded. The first
/// messages are kept and the last; what is between goes when there are too many. Control loop.
class CallTrace {
 public:
  static constexpr size_t kMaxMessages = 100, kFirstMessages = 20, kMaxBytes = 96 * 1024,
                          kMaxMessage = 16 * 1024, kMaxEvents = 200;
  using OnMilestone = std::function<void(Milestone, Duration since_start)>;
  CallTrace(Instant start, WallTime wall, OnMilestone on_milestone = {})
      : start_(start), wall_(wall), on_milestone_(std::move(on_milestone)) {}

  /// Masks its secrets. Milestones of the INVITE are read from it.
  void add_message(TracedMessage message);
  void add_event(Instant at, std::string text);
  void reach(Milestone milestone, Instant at);

  Instant start() const { return start_; }
  WallTime wall(Instant at) const;
  const std::deque<TracedMessage>& messages() const { return messages_; }
  const std::deque<TracedEvent>& events() const { return events_; }
  const std::optional<Instant>& reached(Milestone milestone) const {
    return milestones_[static_cast<size_t>(milestone)];
  }
  size_t messages_dropped() const { return messages_dropped_; }
  size_t events_dropped() const { return events_dropped_; }

 private:
  void note_milestone(const TracedMessage& message);

  Instant start_;
  WallTime wall_;
  OnMilestone on_milestone_;
  std::deque<TracedMessage> messages_;
  std::deque<TracedEvent> events_;
  std::array<std::optional<Instant>, kMilestones> milestones_;
  size_t bytes_ = 0, messages_dropped_ = 0, events_dropped_ = 0;
};

}  // namespace sipcast
