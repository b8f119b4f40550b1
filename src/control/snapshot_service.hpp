#pragma once
#include <functional>
#include <memory>

#include "control/media_worker.hpp"

namespace sipcast {

/// The live picture of a stream as a PNG file: decoded from the cached keyframe and what follows
/// it, on a thread of its own. Whoever asks while a picture of that stream is being made gets that
/// one. Any thread.
class SnapshotService {
 public:
  explicit SnapshotService(MediaPlane& media);
  /// Called once, on a media loop or on the snapshots' thread. Errors: those of
  /// MediaWorker::recent_video; Exhausted: too many wait; BadSyntax, Unsupported: it does not
  /// decode.
  using Done = std::function<void(Result<Bytes> png)>;
  void take(const StreamName& name, Done done);

 private:
  struct State;
  MediaPlane& media_;
  std::shared_ptr<State> state_;  // media loops may call after our end
};

/// The last picture of `video` as a PNG file. Errors as above.
Result<Bytes> picture_of(const MediaWorker::RecentVideo& video);

}  // namespace sipcast
