#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/worker_pool.hpp"
#include "control/events/event_log.hpp"
#include "control/media_worker.hpp"
#include "control/rtmp_url.hpp"
#include "egress/rtmp_push.hpp"
#include "net/dns_client.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// A push as it was asked for.
struct StartPush {
  StreamName stream;
  RtmpUrl url;  ///< its key is set
  RtmpUrlKind kind = RtmpUrlKind::App;
  std::string asked_url;  ///< as the client wrote it: the same is refused a second time
  std::string flash_version;
  bool muted = false;
  std::string sound_file;  ///< "" for none
  bool loop_sound = false;
  bool slate = false;  ///< a black picture for a call without video
};

/// A push as it is.
struct PushInfo {
  std::string id;
  StreamName stream;
  std::string asked_url;  ///< for comparisons only: it may hold a password and a key
  std::string shown_url;
  bool muted = false, sound = false;
  PushStats stats;
};

/// The RTMP pushes of this server. Control loop only.
class PushService {
 public:
  struct Options {
    PrivateTargets private_targets = PrivateTargets::Refused;
    bool verify_tls = true;
    std::string ca_file;
    std::string media_dir = "media";  ///< where sound files are
    size_t max_pushes = 100;
    int audio_bitrate_bps = 64'000;
  };
  PushService(Options options, EventLoop& control, MediaPlane& media, EventLog& events,
              std::unique_ptr<DnsClient> dns, Logger log);
  ~PushService();

  /// Looks the host up, checks its address, begins. `done` is called once, on the control loop.
  /// Errors: AlreadyExists (the stream is pushed there), InvalidArgument (no such host), Forbidden
  /// (a private network), NotFound (the sound file), Exhausted.
  void start(StartPush command, std::function<void(Result<PushInfo>)> done);
  /// All pushes, in the order of their beginning.
  std::vector<PushInfo> list() const;
  /// Errors of all: NotFound.
  Result<void> terminate(const std::string& id);
  Result<void> mute(const std::string& id, bool muted);
  /// Decodes a file of media_dir for this push alone. Errors: NotFound, InvalidArgument (the name
  /// leads out of the folder), BadSyntax (not a sound).
  void sound_on(const std::string& id, const std::string& file, bool loop,
                std::function<void(Result<void>)> done);
  Result<void> sound_off(const std::string& id);
  /// Ends every push of a stream: its call has ended.
  void on_stream_ended(const StreamName& stream);
  void shutdown();

 private:
  struct Push {
    StartPush asked;
    uint64_t key = 0;
    std::unique_ptr<RtmpPush> running;  // null while the host is looked up
    bool muted = false, sound = false;
    PushState told = PushState::Waiting;  // by an event
  };
  void resolved(const std::string& id, const Result<SocketAddress>& address,
                const std::function<void(Result<PushInfo>)>& done);
  Result<void> begin(const std::string& id, Push& push, const SocketAddress& address);
  void drop(std::map<std::string, Push>::iterator at);
  void changed(const std::string& id, PushState state, const std::string& cause);
  void tell(EventType type, const std::string& id, const Push& push, const std::string& cause);
  PushInfo info(const std::string& id, const Push& push) const;
  Result<std::string> sound_path(const std::string& file) const;

  Options options_;
  EventLoop& control_;
  MediaPlane& media_;
  EventLog& events_;
  Logger log_;
  std::unique_ptr<DnsClient> dns_;
  ffmpeg::SoundPtr silence_;
  uint64_t last_key_ = 0;
  std::map<std::string, Push> pushes_;  // by id
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  // Where pushes end, which takes a little while, and sounds are decoded.
  WorkerPool workers_{"push", 2};
  WorkerPool::Strand endings_ = workers_.make_strand();
  WorkerPool::Strand sounds_ = workers_.make_strand(16);
};

}  // namespace sipcast
