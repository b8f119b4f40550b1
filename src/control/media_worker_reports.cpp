// What MediaWorker tells of a viewer, of a stream's picture, and of its ports.
#include <mutex>

#include "control/media_worker.hpp"

namespace sipcast {

void MediaWorker::viewer_report(ViewerId id, std::function<void(ViewerReport)> done) {
  loop_.post([this, id, done = std::move(done)] {
    const auto found = viewers_.find(id);
    if (found == viewers_.end()) return;
    const Stream* stream = find_stream(found->second.stream);
    if (!stream) return;
    done({.stats = found->second.viewer->stats(),
          .size = stream->video_size(),
          .frames_total = stream->stats().frames_total});
  });
}

void MediaWorker::recent_video(StreamName name, std::function<void(Result<RecentVideo>)> done) {
  loop_.post([this, name = std::move(name), done = std::move(done)] {
    Stream* stream = find_stream(name);
    if (!stream) return done(fail(Errc::NotFound, "Stream not found"));
    if (!stream->tracks() || !stream->tracks()->video) {
      return done(fail(Errc::NotFound, "the stream has no video"));
    }
    const VideoHistory& history = stream->history();
    const auto keyframe = history.keyframe_sequence();
    if (!keyframe) {
      stream->want_keyframe(loop_.now());
      return done(fail(Errc::NotFound, "the stream has no picture yet"));
    }
    RecentVideo video{stream->tracks()->video->codec, {}};
    for (uint32_t at = *keyframe; at != history.end_sequence(); ++at) {
      video.packets.push_back(history.find(at));
    }
    done(std::move(video));
  });
}

void MediaWorker::list_ports(std::function<void(size_t, size_t)> done) {
  loop_.post([this, done = std::move(done)] { done(ports_.free_pairs(), ports_.total_pairs()); });
}

void MediaPlane::list_ports(std::function<void(size_t, size_t)> done) {
  struct Gathering {
    std::mutex mutex;
    size_t free = 0, total = 0, missing = 0;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->missing = workers_.size();
  for (const auto& worker : workers_) {
    worker->list_ports([gathering, done](size_t free, size_t total) {
      const std::lock_guard lock(gathering->mutex);
      gathering->free += free;
      gathering->total += total;
      if (--gathering->missing == 0) done(gathering->free, gathering->total);
    });
  }
}

}  // namespace sipcast
