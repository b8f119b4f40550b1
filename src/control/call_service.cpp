#include "control/call_service.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "base/text.hpp"

namespace sipcast {

CallService::CallService(Options options, EventLoop& control, SipEndpoint& sip, MediaPlane& media,
                         EventLog& events, Logger log)
    : options_(std::move(options)),
      control_(control),
      sip_(sip),
      media_(media),
      events_(events),
      log_(std::move(log)),
      guard_(options_.dial),
      recorder_(options_.trace, control),
      verifier_({.users = options_.users, .algorithms = options_.challenge}),
      registrations_(control, sip) {
  figures_ = events_.subscribe([this](const EventPtr& event) {
    if (event->type != EventType::ViewerFirstFrame) return;
    const auto running = by_id_.find(event->call.value);
    if (running != by_id_.end()) calls_.at(running->second)->on_viewer_frame();
  });
  sip_.set_tap([this](TracedMessage message) {
    if (options_.on_message) options_.on_message(message);
    recorder_.on_message(std::move(message));
  });
  const bool nobody = options_.incoming.empty() && options_.refer == Call::ReferPolicy::Off;
  if (nobody) return;  // the user agent refuses everyone
  sip_.agent().set_incoming_handler(
      [this](const sip::IncomingCall& incoming) { on_incoming(incoming); },
      [this](sip::CallHandle handle, const sip::Ending& ending) {
        if (undecided_.erase(handle) > 0) return;
        if (Call* call = call_with(handle)) call->on_cancelled(ending);
      });
}

Result<CallId> CallService::start(StartCall command) {
  if (draining_) return fail(Errc::Exhausted, "this server is draining: it takes no new calls");
  if (by_id_.contains(command.id.value)) {
    return fail(Errc::AlreadyExists, "callId: a call with this id is running");
  }
  if (by_stream_.contains(command.stream.value)) {
    return fail(Errc::AlreadyExists, "toStream: Stream name is already in use");
  }
  if (!command.rtmp_url.empty()) {
    for (const auto& [key, call] : calls_) {
      const StartCall& other = call->info().asked;
      if (other.rtmp_url == command.rtmp_url && other.rtmp_stream == command.rtmp_stream) {
        return fail(Errc::AlreadyExists,
                    "rtmpUrl: a call is forwarded to this RTMP URL and stream already");
      }
    }
  }
  if (calls_.size() >= options_.max_calls)
    return fail(Errc::Exhausted, "this server has its greatest number of calls");
  const auto allowed = guard_.begin(command.asked_by, command.account, command.callee,
                                    std::chrono::steady_clock::now());
  if (!allowed) {
    log_.warning("a call of {} to {} is refused: {}",
                 command.asked_by ? command.asked_by->name : "REST", printable(command.callee, 80),
                 allowed.error().cause);
    return std::unexpected(allowed.error());
  }

  command.account.realm = options_.realm;
  CallId id = command.id;
  add(std::move(command), "outgoing");
  const uint64_t key = last_key_;
  // After the answer to REST: the call is there from now on, whatever becomes of it.
  control_.post([this, key] {
    if (const auto found = calls_.find(key); found != calls_.end()) found->second->start();
  });
  return id;
}

void CallService::ended(Call& call) {
  const CallInfo& info = call.info();
  const auto at = by_id_.find(info.asked.id.value);
  if (at == by_id_.end()) return;
  const uint64_t key = at->second;
  by_id_.erase(at);
  by_stream_.erase(info.asked.stream.value);
  guard_.ended(info.asked.asked_by);
  recorder_.ended(key, info);
  if (on_stream_ended) on_stream_ended(info.asked.stream);
  if (!info.terminated) {
    lingering_.emplace(
        key, Gone{info, control_.after(options_.linger, [this, key] { lingering_.erase(key); })});
  }
  // Not from inside of the call's own function.
  auto node = std::make_shared<std::unique_ptr<Call>>(std::move(calls_.extract(key).mapped()));
  control_.post([node] {});
  if (draining_ && calls_.empty() && on_drained) on_drained();
}

void CallService::drain(bool on) {
  if (std::exchange(draining_, on) == on) return;
  log_.info("{}; {} calls run", on ? "draining: no new calls" : "draining no more", running());
  events_.publish(
      {.type = EventType::ServerDraining, .data = {{"draining", on}, {"calls", running()}}});
  if (on && calls_.empty() && on_drained) on_drained();
}

std::optional<CallId> CallService::call_of(const StreamName& name) const {
  const auto found = by_stream_.find(name.value);
  if (found == by_stream_.end()) return {};
  return calls_.at(found->second)->info().asked.id;
}

std::vector<CallInfo> CallService::find(const CallFilter& filter) const {
  const auto matches = [&](const CallInfo& info) {
    return (!filter.id || *filter.id == info.asked.id.value) &&
           (!filter.callee || *filter.callee == info.asked.callee) &&
           (!filter.rtmp_url || *filter.rtmp_url == info.asked.rtmp_url) &&
           (!filter.status || iequals(*filter.status, to_string(info.status)));
  };
  std::map<uint64_t, const CallInfo*> found;
  for (const auto& [key, call] : calls_) {
    if (matches(call->info())) found.emplace(key, &call->info());
  }
  for (const auto& [key, gone] : lingering_) {
    if (matches(gone.info)) found.emplace(key, &gone.info);
  }
  std::vector<CallInfo> result;
  result.reserve(found.size());
  for (const auto& [key, info] : found) result.push_back(*info);
  return result;
}

Call& CallService::add(StartCall command, std::string_view direction) {
  const uint64_t key = ++last_key_;
  // The id is free for a new call although the old one is still shown.
  std::erase_if(lingering_,
                [&](const auto& entry) { return entry.second.info.asked.id == command.id; });
  by_id_.emplace(command.id.value, key);
  by_stream_.emplace(command.stream.value, key);
  const Logger log = log_.with("call", command.id.value).with("stream", command.stream.value);
  const Call::Env env{
      .control = control_,
      .sip = sip_,
      .media = media_,
      .registrations = registrations_,
      .recorder = recorder_,
      .events = events_,
      .no_answer = options_.no_answer,
      .local = options_.devices.local_for(command),
      .limits = options_.limits,
      .refer = options_.refer,
      .on_hold =
          [this](const StreamName& stream, bool held) {
            if (on_hold) on_hold(stream, held);
          },
      .may_call = [this](const sip::Account& account,
                         std::string_view callee) { return guard_.check(account, callee); }};
  const auto on_ended = [this](Call& gone) { ended(gone); };
  if (on_stream_started) on_stream_started(command.stream);
  Event started{.type = EventType::CallStarted, .call = command.id, .stream = command.stream};
  started.data = {{"direction", direction},
                  {"caller", printable(command.account.login)},
                  {"callee", printable(command.callee)},
                  {"audio", command.has_audio},
                  {"video", command.has_video},
                  {"app_key", printable(command.app_key)}};
  Call& call =
      *calls_.emplace(key, std::make_unique<Call>(env, std::move(command), key, on_ended, log))
           .first->second;
  Event stream{.type = EventType::StreamStarted, .call = started.call, .stream = started.stream};
  events_.publish(std::move(started));
  events_.publish(std::move(stream));
  return call;
}

void CallService::on_incoming(const sip::IncomingCall& incoming) {
  if (incoming.replaces != 0) {
    if (Call* call = call_with(incoming.replaces)) return call->replace_phone(incoming);
    return refuse(incoming, 481, "the call that it wants to replace ends");
  }
  const auto decision = options_.incoming.decide(incoming);
  if (decision.sip_status != 200) {
    return refuse(incoming, decision.sip_status, "sip.incoming says so");
  }
  if (!decision.user.empty() && !authenticated(incoming, decision.user)) return;
  if (draining_) return refuse(incoming, 503, "this server is draining");
  StartCall command{.id = CallId{random_token(16)},
                    .callee = incoming.request_user,
                    .stream = StreamName{decision.stream},
                    .has_video = true,
                    .register_first = false,
                    .account = {.login = incoming.from_user,
                                .authentication_name = {},
                                .password = {},
                                .domain = incoming.source.ip(),
                                .display_name = {},
                                .outbound_proxy = {},
                                .realm = {}},
                    .app_key = decision.app,
                    .rtmp_url = {},
                    .rtmp_stream = {}};
  if (!ask_app) return admit(incoming, std::move(command));
  undecided_.insert(incoming.handle);
  ask_app(command, incoming, [this, incoming, command](const IncomingVerdict& verdict) {
    if (undecided_.erase(incoming.handle) == 0) return;  // the caller gave up
    if (verdict.sip_status != 200) return refuse(incoming, verdict.sip_status, verdict.why);
    StartCall decided = command;
    if (!verdict.stream.value.empty()) decided.stream = verdict.stream;
    admit(incoming, std::move(decided));
    sip_.rearm();
  });
}

void CallService::admit(const sip::IncomingCall& incoming, StartCall command) {
  if (by_stream_.contains(command.stream.value)) {
    return refuse(incoming, 486, "stream " + printable(command.stream.value, 80) + " is in use");
  }
  if (calls_.size() >= options_.max_calls) return refuse(incoming, 503, "too many calls");
  if (const auto room = guard_.begin_incoming(); !room) {
    const bool rule = room.error().code == Errc::Forbidden;
    return refuse(incoming, rule ? 403 : 503, room.error().cause);
  }
  const CallId id = command.id;
  Call& call = add(std::move(command), "incoming");
  if (!by_id_.contains(id.value)) return refuse(incoming, 480, "ended before it was answered");
  call.answer(incoming);
}

void CallService::trace(const CallId& id, std::function<void(const Result<Traced>&)> done) {
  const auto running = by_id_.find(id.value);
  if (running == by_id_.end()) {
    const FlightRecorder::Entry* entry = recorder_.find_ended(id);
    if (!entry) return done(fail(Errc::NotFound, "callId: there is no trace of this call"));
    return done(Traced{entry->trace, entry->ended->info, entry->ended->media});
  }
  const auto report = [this, key = running->second, done](const MediaWorker::CallActivity& media) {
    recorder_.set_media(key, media);
    const FlightRecorder::Entry* entry = recorder_.find(key);
    if (!entry) return done(fail(Errc::NotFound, "callId: the call has ended just now"));
    const auto call = calls_.find(key);
    done(Traced{entry->trace, call == calls_.end() ? entry->ended->info : call->second->info(),
                media});
  };
  const Call& call = *calls_.at(running->second);
  if (!call.has_media()) return report({});
  media_.worker_for(call.info().asked.stream)
      .call_activity(running->second, [this, report](const MediaWorker::CallActivity& media) {
        control_.post([report, media] { report(media); });
      });
}

void CallService::refuse(const sip::IncomingCall& incoming, int status, std::string_view why) {
  log_.info("the call of {} from {} to {} is refused with SIP {}: {}", printable(incoming.from_uri),
            incoming.source.to_string(), printable(incoming.request_user), status, why);
  sip_.agent().reject(incoming.handle, status, std::chrono::steady_clock::now());
}

bool CallService::authenticated(const sip::IncomingCall& incoming,
                                const std::string& user_pattern) {
  using Verdict = sip::DigestVerifier::Verdict;
  const Instant now = std::chrono::steady_clock::now();
  const auto checked = verifier_.check(incoming.authorization, "INVITE", incoming.request_uri, now);
  switch (checked.verdict) {
    case Verdict::NoCredentials:
    case Verdict::Stale:
      sip_.agent().challenge(incoming.handle,
                             verifier_.challenges(checked.verdict == Verdict::Stale, now), now);
      return false;
    case Verdict::Wrong:
      refuse(incoming, 403, "wrong credentials for user " + printable(checked.user, 80));
      return false;
    case Verdict::Good:
      if (matches_pattern(user_pattern, checked.user)) return true;
      refuse(incoming, 403, "the rule is not for user " + printable(checked.user, 80));
      return false;
  }
  std::unreachable();
}

Call* CallService::call_with(sip::CallHandle handle) {
  const auto at = std::ranges::find_if(
      calls_, [&](const auto& entry) { return entry.second->handle() == handle; });
  return at == calls_.end() ? nullptr : at->second.get();
}

const CallInfo* CallService::running_info(const CallId& id) const {
  const auto found = by_id_.find(id.value);
  return found == by_id_.end() ? nullptr : &calls_.at(found->second)->info();
}

Result<Call*> CallService::running_call(const CallId& id) {
  const auto found = by_id_.find(id.value);
  if (found == by_id_.end()) return fail(Errc::NotFound, "Call not found");
  return calls_.at(found->second).get();
}

Result<void> CallService::hold(const CallId& id, bool wanted) {
  const auto call = running_call(id);
  if (!call) return std::unexpected(call.error());
  (*call)->hold(wanted);
  return {};
}

Result<void> CallService::send_dtmf(const CallId& id, std::string_view digits, DtmfType type) {
  const auto call = running_call(id);
  if (!call) return std::unexpected(call.error());
  return (*call)->send_dtmf(digits, type);
}

Result<void> CallService::transfer(const CallId& id, std::string_view target) {
  const auto call = running_call(id);
  if (!call) return std::unexpected(call.error());
  return (*call)->transfer(target);
}

std::optional<StreamName> CallService::stream_of(const std::string& media_session_id) const {
  if (by_stream_.contains(media_session_id)) return StreamName{media_session_id};
  const auto at = by_id_.find(media_session_id);
  if (at == by_id_.end()) return {};
  return calls_.at(at->second)->info().asked.stream;
}

Result<void> CallService::terminate(const CallId& id) {
  if (const auto running = by_id_.find(id.value); running != by_id_.end()) {
    calls_.at(running->second)->terminate(EndReason::SourceStopped);
    return {};
  }
  const size_t lingering =
      std::erase_if(lingering_, [&](const auto& gone) { return gone.second.info.asked.id == id; });
  if (lingering == 0) return fail(Errc::NotFound, "Call not found");
  return {};
}

void CallService::shutdown() {
  while (!calls_.empty()) calls_.begin()->second->terminate(EndReason::Shutdown);
  lingering_.clear();
}

void CallService::emergency_stop(std::string_view asker) {
  log_.warning("emergency stop by {}: {} calls are ended, and none begins", asker, calls_.size());
  guard_.stop(true);
  while (!calls_.empty()) calls_.begin()->second->terminate(EndReason::SourceStopped);
}

void CallService::end_emergency_stop(std::string_view asker) {
  log_.warning("the emergency stop is ended by {}", asker);
  guard_.stop(false);
}

bool CallService::idle() const { return calls_.empty() && sip_.agent().calls() == 0; }

}  // namespace sipcast
