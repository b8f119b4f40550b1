// What MediaWorker tells of a stream's picture.
#include "control/media_worker.hpp"

namespace sipcast {

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

}  // namespace sipcast
