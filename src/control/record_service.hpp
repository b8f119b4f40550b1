#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/worker_pool.hpp"
#include "control/media_worker.hpp"
#include "egress/recording.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// A recording as it was asked for.
struct StartRecording {
  StreamName stream;
  std::string media_session_id;  ///< what the client called the stream
  std::string name_template;     ///< "": record.template
  uint64_t rotate_bytes = 0;
  Duration rotate_after = Duration::zero();
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
    bool every_call = false;  ///< sip_record_stream
  };
  /// Finishes what a run before has left in the directory, on the disk's thread.
  RecordService(Options options, EventLoop& control, MediaPlane& media, Logger log);
  /// Ends every file.
  ~RecordService();

  bool records_every_call() const { return options_.every_call; }
  /// A stream that is recorded already gets a new file. Errors: Exhausted.
  Result<void> start(StartRecording command);
  std::vector<RecordingInfo> list() const;
  /// Errors: NotFound.
  Result<void> terminate(const StreamName& stream);
  void on_stream_ended(const StreamName& stream);

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

  Options options_;
  EventLoop& control_;
  MediaPlane& media_;
  Logger log_;
  uint64_t last_key_ = 1ull << 40;        // apart from the keys of pushes
  std::map<std::string, Entry> entries_;  // by stream
  EventLoop::Timer timer_;
  bool armed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  WorkerPool disk_{"disk", 1};
  WorkerPool::Strand writing_ = disk_.make_strand(10'000);
};

}  // namespace sipcast
