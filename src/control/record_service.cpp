#include "control/record_service.hpp"

#include "base/text.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;
constexpr Duration kTick = 250ms;
constexpr Duration kLastFrames = 1s;
Instant now() { return std::chrono::steady_clock::now(); }
}  // namespace

RecordService::RecordService(Options options, EventLoop& control, MediaPlane& media, Logger log)
    : options_(std::move(options)), control_(control), media_(media), log_(std::move(log)) {
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
  Recording::Options options{.directory = options_.directory,
                             .name_template = command.name_template.empty() ? options_.name_template
                                                                            : command.name_template,
                             .stream = stream,
                             .call = command.media_session_id,
                             .rotate_bytes = command.rotate_bytes,
                             .rotate_after = command.rotate_after};
  Entry entry{.asked = std::move(command), .key = ++last_key_};
  entry.recording = std::make_shared<Recording>(std::move(options), log_.with("stream", stream));
  attach(entry);
  entries_.emplace(stream, std::move(entry));
  arm();
  return {};
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
  if (entry.recording->stats().cause.empty()) return drop(found);
  entry.failed = true;  // it stays visible, with its cause, until the stream ends
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

void RecordService::on_stream_ended(const StreamName& stream) {
  const auto found = entries_.find(stream.value);
  if (found != entries_.end()) found->second.end_at = now() + kLastFrames;
}

}  // namespace sipcast
