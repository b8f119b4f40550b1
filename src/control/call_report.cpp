// What a call tells of itself: events, its trace, the log.
#include <utility>

#include "control/call.hpp"
#include "control/json_text.hpp"

namespace sipcast {
namespace {
Instant now() { return std::chrono::steady_clock::now(); }
}  // namespace

void Call::tell(EventType type, boost::json::object data) {
  env_.events.publish({.type = type,
                       .call = info_.asked.id,
                       .stream = info_.asked.stream,
                       .data = std::move(data)});
}

/// The final ones are told by end(), with all that is known then.
void Call::tell_status(CallStatus before) {
  const bool was_held = before == CallStatus::Hold;
  const auto say = [this](EventType type) {
    tell(type, {{"state", call_state(info_.status)}, {"sip_status", info_.sip_status}});
  };
  switch (info_.status) {
    case CallStatus::New:
    case CallStatus::Busy:
    case CallStatus::Finish:
    case CallStatus::Failed:
      return;
    case CallStatus::Pending:
    case CallStatus::Trying:
      return say(EventType::CallProgress);
    case CallStatus::Ring:
    case CallStatus::RingMedia:
    case CallStatus::SessionProgress:
      return say(EventType::CallRinging);
    case CallStatus::Established:
      say(was_held ? EventType::CallResumed : EventType::CallEstablished);
      if (was_held) tell(EventType::StreamResumed);
      return;
    case CallStatus::Hold:
      if (before != CallStatus::Established) say(EventType::CallEstablished);
      say(EventType::CallHeld);
      return tell(EventType::StreamInterrupted, {{"reason", "hold"}});
  }
  std::unreachable();
}

void Call::tell_live(const TrackList& tracks) {
  const auto name = [](const std::optional<TrackInfo>& track) {
    return text_or_null(track ? codec_name(track->codec) : "");
  };
  tell(std::exchange(info_.live, true) ? EventType::StreamChanged : EventType::StreamLive,
       {{"audio_codec", name(tracks.audio)}, {"video_codec", name(tracks.video)}});
  note_media();
}

void Call::note_media() {
  worker_.call_activity(key_, [control = &env_.control, recorder = &env_.recorder,
                               key = key_](MediaWorker::CallActivity activity) {
    control->post([recorder, key, activity = std::move(activity)]() mutable {
      recorder->set_media(key, std::move(activity));
    });
  });
}

void Call::note(std::string text) {
  log_.info("{}", text);
  trace_.add_event(now(), std::move(text));
}

void Call::warn(std::string text) {
  log_.warning("{}", text);
  trace_.add_event(now(), std::move(text));
}

}  // namespace sipcast
