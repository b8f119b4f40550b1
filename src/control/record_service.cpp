#include "control/record_service.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>

#include "base/text.hpp"
#include "control/record_hook.hpp"
#include "ffmpeg/progressive_mp4.hpp"
#include "net/unique_fd.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;
constexpr Duration kTick = 250ms;
constexpr Duration kLastFrames = 1s;
constexpr Duration kHookPatience = 60s, kHookPatienceAtTheEnd = 1s;
constexpr uint64_t kMostMegabytes = 1'000'000;
Instant now() { return std::chrono::steady_clock::now(); }

/// The bytes of a file and their SHA-256; nothing when it cannot be read.
std::optional<std::pair<uint64_t, std::string>> sum_of(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  Sha256 sum;
  std::vector<uint8_t> piece(256 * 1024);
  uint64_t bytes = 0;
  while (true) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0) return {};
    if (got == 0) return std::pair(bytes, sum.finish());
    sum.add(BytesView(piece).first(static_cast<size_t>(got)));
    bytes += static_cast<uint64_t>(got);
  }
}

Result<void> replace_by_progressive(const std::string& path) {
  const std::string copy = path + std::string(kMakingProgressive);
  auto made = ffmpeg::make_progressive_mp4(path, copy);
  const UniqueFd fd(::open(copy.c_str(), O_WRONLY | O_CLOEXEC));
  if (made && (::fdatasync(fd.get()) != 0 || std::rename(copy.c_str(), path.c_str()) != 0)) {
    made = fail(Errc::Io, std::error_code(errno, std::generic_category()).message());
  }
  if (!made) ::unlink(copy.c_str());
  return made;
}
}  // namespace

Result<RecordRotation> parse_rotation(std::string_view text) {
  if (text.empty()) return RecordRotation{};
  const bool size = text.ends_with('M') || text.ends_with('m');
  if (size) text.remove_suffix(1);
  const auto number = parse_decimal(text, kMostMegabytes);
  if (!number || *number == 0) {
    return fail(Errc::InvalidArgument, "must be a size in megabytes like 20M, or seconds");
  }
  if (size) return RecordRotation{.bytes = *number << 20};
  return RecordRotation{.after = std::chrono::seconds(*number)};
}

RecordService::RecordService(Options options, EventLoop& control, MediaPlane& media,
                             EventLog& events, Logger log)
    : options_(std::move(options)),
      control_(control),
      media_(media),
      events_(events),
      log_(std::move(log)) {
  writing_.run([directory = options_.directory, log = log_] {
    const RepairStats stats = repair_recordings(directory);
    if (stats.finished + stats.discarded > 0) {
      log.warning("recordings that a run before has left: {} finished, {} without content deleted",
                  stats.finished, stats.discarded);
    }
  });
}

RecordService::~RecordService() {
  *alive_ = false;
  ending_ = true;
  while (!entries_.empty()) drop(entries_.begin());
}

void RecordService::attach(const Entry& entry) {
  media_.worker_for(entry.asked.stream)
      .add_output(OutputId{entry.key}, entry.asked.stream, entry.audio, entry.recording->sink(),
                  [log = log_](const Error& error) { log.error("{}", error.cause); });
}

Result<void> RecordService::start(StartRecording command) {
  if (const auto found = entries_.find(command.stream.value); found != entries_.end()) {
    if (!found->second.failed) {
      found->second.recording->request_rotation();
      return {};
    }
    drop(found);
  }
  if (entries_.size() >= options_.max_recordings) {
    return fail(Errc::Exhausted, "this server has its greatest number of recordings (record.max)");
  }
  const std::string stream = command.stream.value;
  Recording::Options options{
      .directory = options_.directory,
      .name_template =
          command.name_template.empty() ? options_.name_template : command.name_template,
      .stream = stream,
      .call = command.media_session_id,
      .rotate_bytes = command.rotation.value_or(options_.rotation).bytes,
      .rotate_after = command.rotation.value_or(options_.rotation).after,
      .mp4_audio = options_.mp4_audio,
      .recorded = [this](const std::string& path, RecordManifest manifest) {
        finishing_.run([this, path, manifest = std::move(manifest)]() mutable {
          finish_file(path, std::move(manifest));
        });
      }};
  Entry entry{.asked = std::move(command), .key = ++last_key_, .audio = options_.mp4_audio};
  entry.recording = std::make_shared<Recording>(std::move(options), log_.with("stream", stream));
  if (held_.contains(stream)) entry.recording->note_hold(true, now());
  attach(entry);
  entries_.emplace(stream, std::move(entry));
  arm();
  events_.publish({.type = EventType::RecordingStarted, .stream = StreamName{stream}});
  return {};
}

Result<void> RecordService::on_call_started(const StartCall& call) {
  if (!call.record && !options_.every_call) return {};
  return start({.stream = call.stream, .media_session_id = call.id.value});
}

void RecordService::arm() {
  if (std::exchange(armed_, true)) return;
  timer_ = control_.after(kTick, [this] {
    armed_ = false;
    tick();
  });
}

void RecordService::tick() {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto here = at++;
    Entry& entry = here->second;
    if (entry.end_at && now() >= *entry.end_at) {
      drop(here);
      continue;
    }
    if (entry.failed || entry.busy) continue;
    if (const FrameCodec wanted = entry.recording->stats().audio; wanted != entry.audio) {
      media_.worker_for(entry.asked.stream).remove_output(OutputId{entry.key});
      entry.audio = wanted;
      entry.key = ++last_key_;
      attach(entry);
    }
    entry.busy = writing_.run([recording = entry.recording, stream = here->first, key = entry.key,
                               alive = alive_, this, &control = control_] {
      const bool goes_on = recording->work();
      control.post([=, this] {
        if (*alive) worked(stream, key, goes_on);
      });
    });
  }
  if (!entries_.empty()) arm();
}

void RecordService::worked(const std::string& stream, uint64_t key, bool goes_on) {
  const auto found = entries_.find(stream);
  if (found == entries_.end() || found->second.key != key) return;
  Entry& entry = found->second;
  entry.busy = false;
  if (goes_on) return;
  const std::string cause = entry.recording->stats().cause;
  if (cause.empty()) return drop(found);
  entry.failed = true;  // it stays visible, with its cause, until the stream ends
  events_.publish({.type = EventType::RecordingFailed,
                   .stream = entry.asked.stream,
                   .data = {{"cause", printable(cause)}}});
  media_.worker_for(entry.asked.stream).remove_output(OutputId{entry.key});
}

std::vector<RecordingInfo> RecordService::list() const {
  std::vector<RecordingInfo> all;
  all.reserve(entries_.size());
  for (const auto& [stream, entry] : entries_) {
    all.push_back({entry.asked.stream, entry.asked.media_session_id, entry.recording->stats()});
  }
  return all;
}

void RecordService::drop(std::map<std::string, Entry>::iterator at) {
  const Entry& entry = at->second;
  media_.worker_for(entry.asked.stream).remove_output(OutputId{entry.key});
  writing_.run([recording = entry.recording] {
    if (recording->work()) recording->finish();
  });
  entries_.erase(at);
}

Result<void> RecordService::terminate(const StreamName& stream) {
  const auto found = entries_.find(stream.value);
  if (found == entries_.end()) return fail(Errc::NotFound, "Recorder not found");
  drop(found);
  return {};
}

void RecordService::finish_file(const std::string& path, RecordManifest manifest) const {
  if (options_.progressive && !ending_ && path.ends_with(".mp4")) {
    if (const auto done = replace_by_progressive(path); !done) {
      log_.warning("{} stays fragmented: {}", printable(path), done.error().cause);
    } else if (const auto sum = sum_of(path)) {
      std::tie(manifest.bytes, manifest.sha256) = *sum;
    }
  }
  if (const auto written = write_manifest(path + ".json", manifest); !written) {
    log_.warning("{}", written.error().cause);
  }
  tell_finished(manifest);
  if (options_.hook_script.empty()) return;
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).string();
  const auto ran = run_record_hook(options_.hook_script, manifest.stream, absolute, manifest.call,
                                   ending_ ? kHookPatienceAtTheEnd : kHookPatience);
  if (!ran) log_.warning("on_record_hook_script: {}", ran.error().cause);
}

void RecordService::tell_finished(const RecordManifest& manifest) const {
  Event event{.type = EventType::RecordingFinished, .stream = StreamName{manifest.stream}};
  event.data = {{"file", printable(manifest.file)},
                {"bytes", manifest.bytes},
                {"length_ms", to_ms(manifest.length)},
                {"sha256", manifest.sha256}};
  control_.post([&events = events_, alive = alive_, event = std::move(event)]() mutable {
    if (*alive) events.publish(std::move(event));
  });
}

void RecordService::on_hold(const StreamName& stream, bool held) {
  if (held) {
    held_.insert(stream.value);
  } else {
    held_.erase(stream.value);
  }
  const auto found = entries_.find(stream.value);
  if (found != entries_.end()) found->second.recording->note_hold(held, now());
}

void RecordService::on_stream_ended(const StreamName& stream) {
  held_.erase(stream.value);
  const auto found = entries_.find(stream.value);
  if (found != entries_.end()) found->second.end_at = now() + kLastFrames;
}

}  // namespace sipcast
