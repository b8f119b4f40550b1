#include "control/trace/call_trace.hpp"

#include <utility>

#include "base/text.hpp"
#include "sip/raw_headers.hpp"
#include "sip/redact.hpp"

namespace sipcast {

std::string_view to_string(Milestone milestone) {
  switch (milestone) {
    case Milestone::Invite:
      return "invite";
    case Milestone::Trying:
      return "trying";
    case Milestone::Ringing:
      return "ringing";
    case Milestone::Answered:
      return "answered";
    case Milestone::FirstMedia:
      return "firstMedia";
    case Milestone::FirstKeyframe:
      return "firstKeyframe";
    case Milestone::FirstViewer:
      return "firstViewer";
  }
  std::unreachable();
}

void CallTrace::add_message(TracedMessage message) {
  note_milestone(message);
  // First masked, then cut: a cut may hide where a secret begins.
  message.text = sip::redacted(std::move(message.text));
  if (message.text.size() > kMaxMessage) message.text.resize(kMaxMessage);
  message.text.shrink_to_fit();
  bytes_ += message.text.size();
  messages_.push_back(std::move(message));
  while (messages_.size() > kMaxMessages || bytes_ > kMaxBytes) {
    const auto victim =
        messages_.begin() + (messages_.size() > kFirstMessages ? kFirstMessages : 0);
    bytes_ -= victim->text.size();
    messages_.erase(victim);
    ++messages_dropped_;
  }
}

void CallTrace::note_milestone(const TracedMessage& message) {
  const std::string_view line = sip::RawHeaders(message.text).start_line();
  if (line.starts_with("INVITE ")) return reach(Milestone::Invite, message.at);
  if (!line.starts_with("SIP/2.0 ")) return;
  const std::string_view cseq = sip::raw_header(message.text, "CSeq");
  if (!cseq.ends_with("INVITE")) return;
  const auto status = parse_decimal(line.substr(8, 3), 699).value_or(0);
  if (status == 100) reach(Milestone::Trying, message.at);
  if (status > 100 && status < 200) reach(Milestone::Ringing, message.at);
  if (status >= 200 && status < 300) reach(Milestone::Answered, message.at);
}

void CallTrace::add_event(Instant at, std::string text) {
  if (events_.size() >= kMaxEvents) {
    events_.pop_front();
    ++events_dropped_;
  }
  events_.push_back({at, std::move(text)});
}

void CallTrace::reach(Milestone milestone, Instant at) {
  auto& reached = milestones_[static_cast<size_t>(milestone)];
  if (reached) return;
  reached = at;
  if (on_milestone_) on_milestone_(milestone, at - start_);
}

WallTime CallTrace::wall(Instant at) const {
  return wall_ + std::chrono::duration_cast<WallTime::duration>(at - start_);
}

}  // namespace sipcast
