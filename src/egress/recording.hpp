#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "egress/frame_queue.hpp"
#include "egress/frame_sequencer.hpp"
#include "egress/record_file.hpp"
#include "egress/record_manifest.hpp"
#include "ffmpeg/muxer.hpp"

namespace sipcast {

struct RecordingStats {
  std::string file;   ///< name of the file that is being written; "" while there is none
  std::string cause;  ///< why it failed; "" while it does not
  uint64_t bytes_total = 0, files_total = 0;
  Duration written{};  ///< of the current file
  FrameQueueStats queue;
  FrameCodec audio = FrameCodec::Aac;  ///< what the stream's sound is wanted as
  bool ended = false;
};

/// A stream to files: MP4 for H.264 and for sound alone, WebM for VP8; another file when the
/// stream's format changes. A fragment a second, so that whatever happens the file plays up to
/// there. No thread of its own: the disk thread calls work() some times a second.
class Recording {
 public:
  struct Options {
    std::string directory;
    std::string name_template = "{streamName}-{startTime}";
    std::string stream, call;
    uint64_t rotate_bytes = 0;                 ///< begin another file then; 0: never
    Duration rotate_after = Duration::zero();  ///< the same
    FrameCodec mp4_audio = FrameCodec::Aac;    ///< or Opus
    Duration fragment = std::chrono::seconds(1);
    /// Called on the disk thread with each file that is final. Its manifest is not written yet.
    std::function<void(const std::string& path, RecordManifest manifest)> recorded;
  };
  Recording(Options options, Logger log);

  // Any thread.
  const std::shared_ptr<FrameQueue>& sink() const { return queue_; }
  RecordingStats stats() const;
  /// The next work() ends this file and begins another.
  void request_rotation();
  /// The call was put on hold, or taken back: for the manifest.
  void note_hold(bool held, Instant at);

  // The disk thread.
  /// Writes what came. False: it has ended, by the stream's end or by failure.
  bool work();
  /// Ends the file.
  void finish();

 private:
  struct File {
    RecordFile file;
    std::string extension;
    WallTime started;
    Instant first, last_cut, newest;
    ffmpeg::MuxedTracks tracks;
    uint64_t video_frames = 0, audio_frames = 0;
    std::optional<Instant> first_picture, first_sound, newest_picture;
    std::vector<RecordSpan> video_gaps, audio_gaps;
    bool filling = false;  // the newest of audio_gaps still grows
  };
  Result<void> carry_out(const FrameSequencer::Step& step);
  Result<void> begin(const FrameSequencer::Begin& begin);
  Result<void> write(const FramePtr& frame);
  bool is_full(Instant at) const;
  Result<void> cut();
  std::string final_path(const File& file, const std::string& end_time) const;
  void close_file();
  void note_gaps(const Frame& frame);
  std::vector<RecordSpan> holds_of(const File& file) const;
  RecordManifest manifest_of(const std::string& path, File& file);
  void fail_with(const Error& error);

  Options options_;
  Logger log_;
  std::shared_ptr<FrameQueue> queue_ = std::make_shared<FrameQueue>();
  FrameSequencer sequencer_;
  FrameCodec video_ = FrameCodec::H264, audio_;  // what goes on
  SourceClock clock_;
  std::optional<File> file_;
  std::optional<ffmpeg::Muxer> muxer_;  // writes into file_
  std::optional<Error> write_error_;
  uint64_t bytes_before_ = 0;
  mutable std::mutex mutex_;
  RecordingStats stats_;
  bool rotate_ = false;
  struct HoldTime {
    Instant from, to;
  };
  std::vector<HoldTime> holds_;  // the newest has no end yet while `to` is Instant::max()
};

}  // namespace sipcast
