#pragma once
#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong.hpp"
#include "base/time.hpp"

namespace sipcast {

/// What happens to calls and streams, as people and other programs want to hear of it.
enum class EventType : uint8_t {
  CallStarted,      ///< asked for, or the phone has called
  CallProgress,     ///< under way, before it rings: data.state says how far
  CallRinging,      ///< also with early media, and 183
  CallEstablished,  ///< answered
  CallHeld,
  CallResumed,
  CallDtmf,  ///< from the phone
  CallTransferring,
  CallTransferred,  ///< the phone was sent on, or goes on as another phone
  CallTransferFailed,
  CallNoRtp,          ///< answered, and silent
  CallEnded,          ///< last of its call
  StreamStarted,      ///< the name is taken; viewers may come
  StreamLive,         ///< there is something to see or to hear
  StreamChanged,      ///< other codecs
  StreamInterrupted,  ///< hold, or no RTP for a while
  StreamResumed,
  StreamEnded,       ///< last of its stream
  ViewerJoined,      ///< has its answer
  ViewerFirstFrame,  ///< the first packet of video, or of sound where there is no video, is on its
                     ///< way
  ViewerLeft,        ///< last of its viewer
  ViewerRefused,     ///< never joined
  PushStarted,
  PushPublishing,
  PushRetrying,  ///< failed for now
  PushEnded,
  RecordingStarted,
  RecordingFailed,
  RecordingFinished,  ///< a file is final
  ServerDraining,     ///< no new calls
};
constexpr size_t kEventTypes = 30;
/// "call.started", "viewer.first_frame".
std::string_view to_string(EventType type);
std::optional<EventType> event_type_from(std::string_view name);

/// One thing that happened. Strings of strangers in it are fit for one line (printable()); secrets
/// are not in it.
struct Event {
  EventType type;
  CallId call = {};               ///< "" where there is none
  StreamName stream = {};         ///< "" where there is none
  boost::json::object data = {};  ///< small
  WallTime time = std::chrono::system_clock::now();
  uint64_t id = 0;  ///< set by EventLog: each one is greater than all before it
};
using EventPtr = std::shared_ptr<const Event>;

/// {"id":..., "time":"2026-...Z", "type":"call.started", "call_id":"...", "stream":"...",
/// "data":{...}}; call_id and stream are null where there is none.
boost::json::object to_json(const Event& event);

}  // namespace sipcast
