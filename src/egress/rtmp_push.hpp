#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/log.hpp"
#include "egress/frame_queue.hpp"
#include "egress/frame_sequencer.hpp"
#include "egress/slate.hpp"
#include "ffmpeg/muxer.hpp"
#include "ffmpeg/sound.hpp"

namespace sipcast {

enum class PushState : uint8_t {
  Waiting,     ///< for the stream's first keyframe and sound
  Connecting,  ///< to the RTMP server
  Publishing,
  Retrying,  ///< the connection failed; another attempt follows
  Ended,     ///< for good
};

struct PushStats {
  PushState state = PushState::Waiting;
  std::string cause;  ///< why it retries or ended, in plain words
  uint64_t bytes_total = 0;
  uint64_t connections_total = 0;
  uint16_t width = 0, height = 0;
  FrameQueueStats queue;
};

/// A copy of a stream to an RTMP server: one thread, which connects, writes, and connects again
/// when the server goes away, keeping the timeline so that the far end sees one broadcast. Public
/// members are for any thread.
class RtmpPush {
 public:
  struct Options {
    ffmpeg::RtmpServer server;
    bool slate = false;  ///< a call without video gets a black picture
    Duration first_retry = std::chrono::milliseconds(250);  ///< doubles from attempt to attempt
    Duration last_retry = std::chrono::milliseconds(2500);
    Duration patience = std::chrono::seconds(10);  ///< for a server that does not answer or read
    /// It publishes, or retries, or has ended by itself: from the push's thread.
    std::function<void(PushState, const std::string& cause)> changed = {};
  };
  /// `ended` is called on the push's thread when it ends by itself; the push may be destroyed
  /// later, not within.
  RtmpPush(Options options, Logger log, std::function<void()> ended);
  /// Stops; waits for at most a tenth of a second.
  ~RtmpPush();
  RtmpPush(const RtmpPush&) = delete;

  const std::shared_ptr<FrameQueue>& sink() const { return queue_; }
  /// Begins to end: the destructor has little to wait for some time later.
  void request_stop();
  /// In place of the call's sound: silence, which is null for none, or a file; null ends it.
  void set_mute(ffmpeg::SoundPtr silence);
  void set_sound(ffmpeg::SoundPtr sound, bool loop);
  PushStats stats() const;

 private:
  struct Replacement {
    ffmpeg::SoundPtr sound;
    size_t next = 0;
    bool loop = true;
  };
  void run();
  void take(FrameQueue::Taken& taken);
  bool carry_out(const FrameSequencer::Step& step);
  bool begin(const FrameSequencer::Begin& begin);
  Result<void> write(const Frame& frame);
  void fail_and_wait(const Error& error);
  void end(std::string cause);
  std::optional<BytesView> replacement();
  void set_state(PushState state, std::string cause);
  bool interrupted() const;
  bool stopping() const { return stop_at_.load() != 0; }

  Options options_;
  Logger log_;
  std::function<void()> ended_;
  std::shared_ptr<FrameQueue> queue_ = std::make_shared<FrameQueue>();

  // The thread's own.
  FrameSequencer sequencer_;
  std::optional<Slate> slate_;  // while the stream has no video of its own
  std::optional<ffmpeg::Muxer> muxer_;
  ffmpeg::MuxedTracks open_tracks_;
  std::optional<Instant> epoch_;
  Duration retry_;
  uint64_t bytes_before_ = 0;
  std::atomic<int64_t> deadline_{0};  // steady clock in ns, of what FFmpeg does now
  std::atomic<int64_t> stop_at_{0};   // the same; 0 while nobody wants it to stop

  mutable std::mutex mutex_;
  std::condition_variable stop_wanted_;
  PushStats stats_;
  Replacement mute_, sound_;
  std::thread thread_;  // last
};

}  // namespace sipcast
