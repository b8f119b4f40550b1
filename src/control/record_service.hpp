#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/worker_pool.hpp"
#include "control/call_info.hpp"
#include "control/events/event_log.hpp"
#include "control/media_worker.hpp"
#include "egress/recording.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// When a recording begins another file; 0 for never.
struct RecordRotation {
  uint64_t bytes = 0;
  Duration after = Duration::zero();
};
/// "20M" is a size in megabytes, "3600" a number of seconds, "" never. Errors: InvalidArgument.
Result<RecordRotation> parse_rotation(std::string_view text);

/// A recording as it was asked for.
struct StartRecording {
  StreamName stream;
  std::string media_session_id;            ///< what the client called the stream
  std::string name_template;               ///< "": record.template
  std::optional<RecordRotation> rotation;  ///< none: record.rotation
};

struct RecordingInfo {
  StreamName stream;
  std::string media_session_id;
  RecordingStats stats;
};

/// The recordings of this server, one a stream at most, and the thread that writes them all.
/// Control loop only.
class RecordService {
 public:
  struct Options {
    std::string directory = "records";
    std::string name_template = "{streamName}-{startTime}";
    size_t max_recordings = 100;
    RecordRotation rotation;
    FrameCodec mp4_audio = FrameCodec::Aac;
    bool progressive = false;  ///< MP4 files get their index in front when they are finished
    std::string hook_script;   ///< "" for none; see run_record_hook
    bool every_call = false;   ///< sip_record_stream
  };
  /// Finishes what a run before has left in the directory, on the disk's thread.
  RecordService(Options options, EventLoop& control, MediaPlane& media, EventLog& events,
                Logger log);
  /// Ends every file.
  ~RecordService();

  /// Records the new call if that was asked for, or all are recorded. Errors: Exhausted.
  Result<void> on_call_started(const StartCall& call);
  /// A stream that is recorded already gets a new file. Errors: Exhausted.
  Result<void> start(StartRecording command);
  std::vector<RecordingInfo> list() const;
  /// Errors: NotFound.
  Result<void> terminate(const StreamName& stream);
  void on_stream_ended(const StreamName& stream);
  void on_hold(const StreamName& stream, bool held);

 private:
  struct Entry {
    StartRecording asked;
    uint64_t key = 0;
    std::shared_ptr<Recording> recording;
    FrameCodec audio = FrameCodec::Aac;
    bool busy = false, failed = false;
    std::optional<Instant> end_at;  // the stream's end has had time to arrive
  };
  void attach(const Entry& entry);
  void arm();
  void tick();
  void worked(const std::string& stream, uint64_t key, bool goes_on);
  void drop(std::map<std::string, Entry>::iterator at);
  /// On the thread of finishing_.
  void finish_file(const std::string& path, RecordManifest manifest) const;
  void tell_finished(const RecordManifest& manifest) const;

  Options options_;
  EventLoop& control_;
  MediaPlane& media_;
  EventLog& events_;
  Logger log_;
  uint64_t last_key_ = 1ull << 40;        // apart from the keys of pushes
  std::map<std::string, Entry> entries_;  // by stream
  std::set<std::string> held_;            // streams of calls on hold
  std::atomic<bool> ending_ = false;
  EventLoop::Timer timer_;
  bool armed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  // What takes its time with files that are final: it must not keep the disk's thread from others.
  WorkerPool finishers_{"record-end", 1};
  WorkerPool::Strand finishing_ = finishers_.make_strand(10'000);
  WorkerPool disk_{"disk", 1};
  WorkerPool::Strand writing_ = disk_.make_strand(10'000);
};

}  // namespace sipcast
