#include "control/snapshot_service.hpp"

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/worker_pool.hpp"
#include "ffmpeg/png.hpp"
#include "ffmpeg/video_decoder.hpp"
#include "rtp/frame_depacketizer.hpp"

namespace sipcast {
namespace {
constexpr size_t kMostQueued = 16;  // streams whose pictures are waited for
constexpr size_t kMostAsking = 64;  // for the same picture
}  // namespace

struct SnapshotService::State {
  void finish(const StreamName& name, const Result<Bytes>& png);

  std::mutex mutex;
  std::map<std::string, std::vector<Done>> waiting;  // by stream, under the mutex
  WorkerPool pool{"snapshot", 1};                    // below what its jobs use
  WorkerPool::Strand strand = pool.make_strand(kMostQueued);
};

void SnapshotService::State::finish(const StreamName& name, const Result<Bytes>& png) {
  std::vector<Done> asking;
  {
    const std::lock_guard lock(mutex);
    asking = std::move(waiting.extract(name.value).mapped());
  }
  for (const Done& done : asking) done(png);
}

SnapshotService::SnapshotService(MediaPlane& media)
    : media_(media), state_(std::make_shared<State>()) {}

void SnapshotService::take(const StreamName& name, Done done) {
  size_t ahead = 0;
  {
    const std::lock_guard lock(state_->mutex);
    std::vector<Done>& asking = state_->waiting[name.value];
    ahead = asking.size();
    if (ahead < kMostAsking) asking.push_back(done);
  }
  if (ahead == kMostAsking) {
    return done(fail(Errc::Exhausted, "too many wait for a snapshot of this stream"));
  }
  if (ahead > 0) return;  // the picture is under way
  const auto decode = [weak = std::weak_ptr(state_), name](Result<MediaWorker::RecentVideo> video) {
    const auto state = weak.lock();
    if (!state) return;
    if (!video) return state->finish(name, std::unexpected(video.error()));
    // The state waits for its jobs.
    const bool queued = state->strand.run(
        [&to = *state, name, video = std::move(*video)] { to.finish(name, picture_of(video)); });
    if (!queued) state->finish(name, fail(Errc::Exhausted, "too many snapshots are being made"));
  };
  media_.worker_for(name).recent_video(name, decode);
}

Result<Bytes> picture_of(const MediaWorker::RecentVideo& video) {
  auto decoder = ffmpeg::VideoDecoder::create(video.codec);
  if (!decoder) return std::unexpected(decoder.error());
  std::optional<ffmpeg::YuvPicture> picture;
  std::optional<Error> error;
  Bytes frame;
  for (const PacketPtr& packet : video.packets) {
    if (const auto added = append_frame_bytes(video.codec, packet->payload, frame); !added) {
      error = added.error();
    }
    if (!packet->marker || frame.empty()) continue;
    auto decoded = decoder->decode(frame);
    frame.clear();
    if (!decoded) {
      error = decoded.error();
    } else if (*decoded) {
      picture = std::move(**decoded);
    }
  }
  if (picture) return ffmpeg::encode_png(*picture);
  return std::unexpected(error.value_or(Error{Errc::NotFound, "the stream has no picture yet"}));
}

}  // namespace sipcast
