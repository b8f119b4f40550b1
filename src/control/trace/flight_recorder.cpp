#include "control/trace/flight_recorder.hpp"

#include <algorithm>
#include <utility>

#include "sip/raw_headers.hpp"

namespace sipcast {
namespace {

constexpr size_t kMaxUnclaimed = 16;
constexpr size_t kMaxSipCallIds = 16;  ///< of one call: registration, itself, transfers
/// What ends a call goes on behind its end: BYE and its answer, 487 and its ACK (Timer B, F).
constexpr Duration kAfterEnd = std::chrono::seconds(35);

Instant now() { return std::chrono::steady_clock::now(); }

}  // namespace

void FlightRecorder::on_message(TracedMessage message) {
  const std::string_view call_id = sip::raw_header(message.text, "Call-ID");
  if (call_id.empty()) return;
  const auto [first, last] = by_sip_call_id_.equal_range(call_id);
  if (first == last) {
    std::string id(call_id);
    unclaimed_.push_back({std::move(id), std::move(message)});
    if (unclaimed_.size() > kMaxUnclaimed) unclaimed_.pop_front();
    return;
  }
  for (auto at = first; at != last; ++at) {
    Entry& entry = entries_.at(at->second);
    if (!entry.ended || message.at < entry.ended->at + kAfterEnd) entry.trace.add_message(message);
  }
}

CallTrace& FlightRecorder::begin(Key key) {
  return entries_
      .emplace(key, Entry{.trace = CallTrace(now(), std::chrono::system_clock::now(),
                                             options_.on_milestone),
                          .sip_call_ids = {},
                          .ended = {}})
      .first->second.trace;
}

void FlightRecorder::claim(Key key, const std::string& sip_call_id) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || sip_call_id.empty()) return;
  Entry& entry = found->second;
  if (entry.sip_call_ids.size() >= kMaxSipCallIds) return;
  if (std::ranges::find(entry.sip_call_ids, sip_call_id) != entry.sip_call_ids.end()) return;
  entry.sip_call_ids.push_back(sip_call_id);
  by_sip_call_id_.emplace(sip_call_id, key);
  std::erase_if(unclaimed_, [&](Unclaimed& waiting) {
    if (waiting.sip_call_id != sip_call_id) return false;
    entry.trace.add_message(std::move(waiting.message));
    return true;
  });
}

void FlightRecorder::ended(Key key, const CallInfo& info) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  const Duration kept =
      info.status == CallStatus::Finish ? options_.keep_ended : options_.keep_failed;
  found->second.ended = Ended{.info = info, .media = {}, .at = now(), .until = now() + kept};
  ++ended_;
  for (auto at = entries_.begin(); ended_ > options_.max_ended && at != entries_.end();) {
    const auto entry = at++;
    if (entry->second.ended) forget(entry);
  }
  arm();
}

void FlightRecorder::forget(std::map<Key, Entry>::iterator entry) {
  for (const std::string& id : entry->second.sip_call_ids) {
    const auto [first, last] = by_sip_call_id_.equal_range(id);
    const auto at =
        std::find_if(first, last, [&](const auto& claim) { return claim.second == entry->first; });
    if (at != last) by_sip_call_id_.erase(at);
  }
  --ended_;
  entries_.erase(entry);
}

void FlightRecorder::set_media(Key key, MediaWorker::CallActivity media) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  CallTrace& trace = found->second.trace;
  const auto reach = [&](Milestone milestone, const std::optional<Instant>& at) {
    if (at) trace.reach(milestone, *at);
  };
  reach(Milestone::FirstMedia, media.stream.stats.first_media);
  reach(Milestone::FirstKeyframe, media.stream.stats.first_keyframe);
  reach(Milestone::FirstViewer, media.first_viewer);
  if (found->second.ended) found->second.ended->media = std::move(media);
}

const FlightRecorder::Entry* FlightRecorder::find(Key key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

const FlightRecorder::Entry* FlightRecorder::find_ended(const CallId& id) const {
  for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) {
    const auto& ended = at->second.ended;
    if (ended && ended->info.asked.id == id && ended->until > now()) return &at->second;
  }
  return nullptr;
}

void FlightRecorder::arm() {
  std::optional<Instant> next;
  for (const auto& [key, entry] : entries_) {
    if (entry.ended && (!next || entry.ended->until < *next)) next = entry.ended->until;
  }
  if (!next) return timer_.cancel();
  timer_ = loop_.at(*next, [this] {
    for (auto at = entries_.begin(); at != entries_.end();) {
      const auto entry = at++;
      if (entry->second.ended && entry->second.ended->until <= now()) forget(entry);
    }
    arm();
  });
}

}  // namespace sipcast
