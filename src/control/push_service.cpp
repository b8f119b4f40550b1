#include "control/push_service.hpp"

#include <algorithm>
#include <filesystem>

#include "base/random.hpp"
#include "base/text.hpp"
#include "control/json_text.hpp"

namespace sipcast {

PushService::PushService(Options options, EventLoop& control, MediaPlane& media, EventLog& events,
                         std::unique_ptr<DnsClient> dns, Logger log)
    : options_(std::move(options)),
      control_(control),
      media_(media),
      events_(events),
      log_(std::move(log)),
      dns_(std::move(dns)) {
  if (auto silence = ffmpeg::make_silence(options_.audio_bitrate_bps)) silence_ = *silence;
}

PushService::~PushService() { *alive_ = false; }

void PushService::start(StartPush command, std::function<void(Result<PushInfo>)> done) {
  for (const auto& [id, push] : pushes_) {
    if (push.asked.stream == command.stream && push.asked.asked_url == command.asked_url &&
        push.asked.url.key == command.url.key) {
      return done(fail(Errc::AlreadyExists, "rtmpUrl: the stream is pushed there already"));
    }
  }
  if (pushes_.size() >= options_.max_pushes) {
    return done(fail(Errc::Exhausted, "this server has its greatest number of pushes (push.max)"));
  }
  if (!command.sound_file.empty()) {
    if (auto path = sound_path(command.sound_file); !path) {
      return done(std::unexpected(path.error()));
    }
  }
  const std::string id = random_token(20);
  const RtmpUrl url = command.url;
  pushes_.emplace(id, Push{.asked = std::move(command), .key = ++last_key_});
  if (const auto literal = SocketAddress::parse(url.host, url.port)) {
    return resolved(id, *literal, done);
  }
  dns_->addresses(url.host, [this, id, done](Result<std::vector<SocketAddress>> found) {
    if (!found) return resolved(id, std::unexpected(found.error()), done);
    resolved(id, found->front(), done);
  });
}

void PushService::resolved(const std::string& id, const Result<SocketAddress>& address,
                           const std::function<void(Result<PushInfo>)>& done) {
  const auto at = pushes_.find(id);
  if (at == pushes_.end()) return done(fail(Errc::NotFound, "the stream has ended"));
  Result<void> begun;
  if (!address) {
    begun = fail(Errc::InvalidArgument, "rtmpUrl: " + address.error().cause);
  } else {
    begun = begin(id, at->second, *address);
  }
  if (!begun) {
    pushes_.erase(at);
    return done(std::unexpected(begun.error()));
  }
  done(info(id, at->second));
}

Result<void> PushService::begin(const std::string& id, Push& push, const SocketAddress& address) {
  const StartPush& asked = push.asked;
  if (auto allowed = check_target(address, options_.private_targets); !allowed) return allowed;
  RtmpPush::Options options{.server = rtmp_server(asked.url, address, options_.verify_tls)};
  options.slate = asked.slate;
  options.server.ca_file = options_.ca_file;
  options.server.flash_version = asked.flash_version;
  options.changed = [this, id, alive = alive_, &control = control_](PushState state,
                                                                    const std::string& cause) {
    control.post([this, id, alive, state, cause] {
      if (*alive) changed(id, state, cause);
    });
  };
  const Logger log =
      log_.with("stream", asked.stream.value).with("push", printable(asked.url.shown()));
  const auto ended = [this, id, alive = alive_] {
    control_.post([this, id, alive] {
      if (!*alive) return;
      if (const auto gone = pushes_.find(id); gone != pushes_.end()) drop(gone);
    });
  };
  push.running = std::make_unique<RtmpPush>(std::move(options), log, ended);
  if (asked.muted) (void)mute(id, true);
  if (!asked.sound_file.empty()) {
    sound_on(id, asked.sound_file, asked.loop_sound, [log](const Result<void>& result) {
      if (!result) log.warning("soundFile: {}", result.error().cause);
    });
  }
  media_.worker_for(asked.stream)
      .add_output(OutputId{push.key}, asked.stream, FrameCodec::Aac, push.running->sink(),
                  [log](const Error& error) { log.error("{}", error.cause); });
  log.info("push begins");
  tell(EventType::PushStarted, id, push, {});
  return {};
}

void PushService::changed(const std::string& id, PushState state, const std::string& cause) {
  const auto at = pushes_.find(id);
  if (at == pushes_.end()) return;
  const bool again = std::exchange(at->second.told, state) == state;
  if (state == PushState::Publishing) tell(EventType::PushPublishing, id, at->second, {});
  if (state == PushState::Retrying && !again) {
    tell(EventType::PushRetrying, id, at->second, cause);
  }
}

void PushService::tell(EventType type, const std::string& id, const Push& push,
                       const std::string& cause) {
  events_.publish(
      {.type = type,
       .stream = push.asked.stream,
       .data = {{"push", id},
                {"url", printable(shown_rtmp_url(push.asked.asked_url, push.asked.kind))},
                {"cause", text_or_null(printable(cause))}}});
}

PushInfo PushService::info(const std::string& id, const Push& push) const {
  return {.id = id,
          .stream = push.asked.stream,
          .asked_url = push.asked.asked_url,
          .shown_url = shown_rtmp_url(push.asked.asked_url, push.asked.kind),
          .muted = push.muted,
          .sound = push.sound,
          .stats = push.running ? push.running->stats() : PushStats{}};
}

std::vector<PushInfo> PushService::list() const {
  std::map<uint64_t, PushInfo> by_age;
  for (const auto& [id, push] : pushes_) by_age.emplace(push.key, info(id, push));
  std::vector<PushInfo> all;
  all.reserve(by_age.size());
  for (auto& [key, push] : by_age) all.push_back(std::move(push));
  return all;
}

void PushService::drop(std::map<std::string, Push>::iterator at) {
  Push& push = at->second;
  if (push.running) {
    tell(EventType::PushEnded, at->first, push, push.running->stats().cause);
    media_.worker_for(push.asked.stream).remove_output(OutputId{push.key});
    push.running->request_stop();
    // Its thread may take a moment to hear of it: nobody waits for that here.
    auto running = std::make_shared<std::unique_ptr<RtmpPush>>(std::move(push.running));
    endings_.run([running] { running->reset(); });
  }
  pushes_.erase(at);
}

Result<void> PushService::terminate(const std::string& id) {
  const auto at = pushes_.find(id);
  if (at == pushes_.end()) return fail(Errc::NotFound, "Transponder not found");
  drop(at);
  return {};
}

Result<void> PushService::mute(const std::string& id, bool muted) {
  const auto at = pushes_.find(id);
  if (at == pushes_.end() || !at->second.running) {
    return fail(Errc::NotFound, "Transponder not found");
  }
  at->second.muted = muted;
  at->second.running->set_mute(muted ? silence_ : nullptr);
  return {};
}

Result<std::string> PushService::sound_path(const std::string& file) const {
  if (file.find('/') != std::string::npos || file.find('\\') != std::string::npos ||
      file.starts_with('.')) {
    return fail(Errc::InvalidArgument, "soundFile: must be the name of a file in media.dir");
  }
  std::string path = options_.media_dir + "/" + file;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return fail(Errc::NotFound, "soundFile: File not found");
  }
  return path;
}

void PushService::sound_on(const std::string& id, const std::string& file, bool loop,
                           std::function<void(Result<void>)> done) {
  const auto at = pushes_.find(id);
  if (at == pushes_.end() || !at->second.running) {
    return done(fail(Errc::NotFound, "Transponder not found"));
  }
  auto path = sound_path(file);
  if (!path) return done(std::unexpected(path.error()));
  const auto loaded = [this, id, loop, done](const Result<ffmpeg::SoundPtr>& sound) {
    if (!sound) {
      return done(fail(sound.error().code, "soundFile: " + sound.error().cause));
    }
    const auto still = pushes_.find(id);
    if (still == pushes_.end() || !still->second.running) {
      return done(fail(Errc::NotFound, "Transponder not found"));
    }
    still->second.sound = true;
    still->second.running->set_sound(*sound, loop);
    done({});
  };
  const bool queued = sounds_.run([path = *path, loaded, alive = alive_,
                                   bitrate = options_.audio_bitrate_bps, &control = control_] {
    auto sound = ffmpeg::load_sound(path, bitrate);
    control.post([loaded, alive, sound = std::move(sound)] {
      if (*alive) loaded(sound);
    });
  });
  if (!queued) done(fail(Errc::Exhausted, "soundFile: too many are being read"));
}

Result<void> PushService::sound_off(const std::string& id) {
  const auto at = pushes_.find(id);
  if (at == pushes_.end() || !at->second.running) {
    return fail(Errc::NotFound, "Transponder not found");
  }
  at->second.sound = false;
  at->second.running->set_sound(nullptr, false);
  return {};
}

void PushService::on_stream_ended(const StreamName& stream) {
  for (auto at = pushes_.begin(); at != pushes_.end();) {
    const auto here = at++;
    if (here->second.asked.stream == stream) drop(here);
  }
}

void PushService::shutdown() {
  while (!pushes_.empty()) drop(pushes_.begin());
}

}  // namespace sipcast
