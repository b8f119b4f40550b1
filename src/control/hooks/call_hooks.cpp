#include "control/hooks/call_hooks.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/json_text.hpp"
#include "control/rest/start_call_request.hpp"

namespace sipcast {
namespace {
namespace json = boost::json;

constexpr size_t kMaxName = 256;

/// As call hooks carry it: without what is empty.
json::object body_of(const CallInfo& call) {
  json::object body;
  for (auto& [name, value] : rest::call_object(call)) {
    const bool empty = value.is_null() || (value.is_string() && value.get_string().empty()) ||
                       (value.is_object() && value.get_object().empty());
    if (!empty) body[name] = value;
  }
  body["sessionId"] = call.asked.id.value;
  return body;
}

int64_t created_ms(const CallInfo& call) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(call.created.time_since_epoch())
      .count();
}

json::object stream_of(const CallInfo& call, std::string_view status) {
  return {{"sessionId", call.asked.id.value},
          {"mediaSessionId", call.asked.id.value},
          {"name", call.asked.stream.value},
          {"published", true},
          {"hasVideo", call.asked.has_video},
          {"hasAudio", call.asked.has_audio},
          {"status", status},
          {"record", call.asked.record},
          {"mediaProvider", "Flash"},
          {"mediaType", "publish"},
          {"createDate", created_ms(call)}};
}

}  // namespace

CallHooks::CallHooks(EventLog& events, CallService& calls, HookService& hooks, EventLoop& control,
                     Logger log)
    : calls_(calls), hooks_(hooks), control_(control), log_(std::move(log)) {
  calls_.ask_app = [this](const StartCall& call, const sip::IncomingCall& incoming,
                          const CallService::Decided& decided) {
    on_incoming(call, incoming, decided);
  };
  subscription_ = events.subscribe([this](const EventPtr& event) { on_event(*event); });
}

void CallHooks::on_incoming(const StartCall& call, const sip::IncomingCall& incoming,
                            const CallService::Decided& decided) {
  if (!hooks_.wants(call.app_key, "OnCallEvent")) return decided({});
  json::object body = body_of({.asked = call, .status = CallStatus::Pending, .incoming = true});
  body["source"] = incoming.source.to_string();
  hooks_.ask({.app_key = call.app_key,
              .method = "OnCallEvent",
              .subject = call.id.value,
              .body = std::move(body)},
             control_, [decided](const HookAnswer& answer) {
               const bool busy = iequals(text_of(answer.fields, "status"), "BUSY");
               if (!answer.allowed || busy) {
                 return decided({.sip_status = busy ? 486 : 403,
                                 .why = "the hook OnCallEvent says so: " + answer.reason});
               }
               std::string stream = text_of(answer.fields, "streamName");
               if (stream.size() > kMaxName) stream.clear();
               decided({.stream = StreamName{std::move(stream)}});
             });
}

void CallHooks::ask_to_publish(const CallInfo& call) {
  if (!hooks_.wants(call.asked.app_key, "publishStream")) return;
  hooks_.ask(
      {.app_key = call.asked.app_key,
       .method = "publishStream",
       .subject = call.asked.id.value,
       .body = stream_of(call, "PENDING")},
      control_, [this, id = call.asked.id](const HookAnswer& answer) {
        if (answer.allowed) return;
        log_.with("call", id.value).warning("the hook publishStream refuses: {}", answer.reason);
        (void)calls_.terminate(id);  // it may have ended by itself
      });
}

void CallHooks::on_event(const Event& event) {
  if (event.type == EventType::ViewerLeft) return viewer_left(event);  // maybe behind its call
  const CallInfo* call = calls_.running_info(event.call);
  if (!call) return;
  switch (event.type) {
    case EventType::CallStarted:
    case EventType::CallProgress:
    case EventType::CallRinging:
    case EventType::CallEstablished:
    case EventType::CallHeld:
    case EventType::CallResumed:
    case EventType::CallEnded:
      return tell_call(*call, "CallStatusEvent", to_string(call->status));
    case EventType::CallTransferring:
      return tell_call(*call, "TransferStatusEvent", "TRYING");
    case EventType::CallTransferred:
      return tell_call(*call, "TransferStatusEvent", "COMPLETED");
    case EventType::CallTransferFailed:
      return tell_call(*call, "TransferStatusEvent", "FAILED");
    case EventType::StreamStarted:
      ask_to_publish(*call);
      return tell_stream(*call, "PENDING", event);
    case EventType::StreamLive:
    case EventType::StreamChanged:
      return tell_stream(*call, "PUBLISHING", event);
    case EventType::StreamEnded:
      return tell_stream(*call, "UNPUBLISHED", event);
    case EventType::ViewerJoined:
      return viewer_joined(*call, event);
    case EventType::ViewerLeft:
    case EventType::CallDtmf:
    case EventType::CallNoRtp:
    case EventType::StreamInterrupted:
    case EventType::StreamResumed:
    case EventType::ViewerRefused:
    case EventType::ViewerFirstFrame:
    case EventType::PushStarted:
    case EventType::PushPublishing:
    case EventType::PushRetrying:
    case EventType::PushEnded:
    case EventType::RecordingStarted:
    case EventType::RecordingFailed:
    case EventType::RecordingFinished:
    case EventType::ServerDraining:
      return;
  }
}

void CallHooks::tell_call(const CallInfo& call, std::string_view method, std::string_view status) {
  if (!hooks_.wants(call.asked.app_key, method)) return;
  json::object body = body_of(call);
  body["status"] = status;
  hooks_.tell({.app_key = call.asked.app_key,
               .method = std::string(method),
               .subject = call.asked.id.value,
               .body = std::move(body)});
}

void CallHooks::tell_stream(const CallInfo& call, std::string_view status, const Event& event) {
  if (!hooks_.wants(call.asked.app_key, "StreamStatusEvent")) return;
  json::object body = stream_of(call, status);
  for (const auto& [ours, theirs] : {std::pair{"audio_codec", "audioCodec"},
                                     {"video_codec", "videoCodec"},
                                     {"reason", "info"}}) {
    if (const std::string text = text_of(event.data, ours); !text.empty()) body[theirs] = text;
  }
  hooks_.tell({.app_key = call.asked.app_key,
               .method = "StreamStatusEvent",
               .subject = call.asked.id.value,
               .body = std::move(body)});
}

/// Of a viewer by WHEP, under the app of its stream; those of the SDK are told by their session.
void CallHooks::viewer_joined(const CallInfo& call, const Event& event) {
  if (text_of(event.data, "signalling") != "whep") return;
  if (!hooks_.wants(call.asked.app_key, "StreamStatusEvent")) return;
  const std::string viewer = text_of(event.data, "viewer");
  json::object body = stream_of(call, "PLAYING");
  body["sessionId"] = body["mediaSessionId"] = viewer;
  body["published"] = false;
  body["mediaProvider"] = "WebRTC";
  body["mediaType"] = "play";
  HookService::Hook hook{.app_key = call.asked.app_key,
                         .method = "StreamStatusEvent",
                         .subject = viewer,
                         .body = std::move(body)};
  watching_.insert_or_assign(viewer, hook);
  hooks_.tell(std::move(hook));
}

void CallHooks::viewer_left(const Event& event) {
  auto node = watching_.extract(text_of(event.data, "viewer"));
  if (node.empty()) return;
  node.mapped().body["status"] = "STOPPED";
  hooks_.tell(std::move(node.mapped()));
}

}  // namespace sipcast
