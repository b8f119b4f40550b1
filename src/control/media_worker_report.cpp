// What a media worker tells of its streams and viewers: lists, and events.
#include <algorithm>
#include <mutex>

#include "base/text.hpp"
#include "control/json_text.hpp"
#include "control/media_worker.hpp"
#include "rtp/h264_nal.hpp"

namespace sipcast {
namespace {

void add(ViewerStats& sum, const ViewerStats& more) {
  sum.packets_total += more.packets_total;
  sum.bytes_total += more.bytes_total;
  sum.nacked_packets_total += more.nacked_packets_total;
  sum.resent_packets_total += more.resent_packets_total;
  sum.keyframe_requests_total += more.keyframe_requests_total;
  sum.replays_total += more.replays_total;
  sum.dropped_packets_total += more.dropped_packets_total;
  sum.keyframe_skips_total += more.keyframe_skips_total;
}

/// Of the SPS in front of the last keyframe: VideoNormalizer puts a STAP-A there (RFC 6184 §5.7.1).
uint32_t sps_profile_of(const Stream& stream) {
  const auto keyframe = stream.history().keyframe_sequence();
  const PacketPtr first = keyframe ? stream.history().find(*keyframe) : nullptr;
  if (!first || !stream.tracks() || codec_of(stream.tracks()->video) != Codec::H264) return 0;
  ByteReader in(first->payload);
  if (h264::nal_type(in.u8()) != h264::kStapA) return 0;
  const BytesView nal = in.bytes(in.u16());
  if (nal.size() < 4 || h264::nal_type(nal[0]) != h264::kSps) return 0;
  return static_cast<uint32_t>(nal[1] << 16 | nal[2] << 8 | nal[3]);
}

/// Asks every worker; `done` gets what all of them have said, on the loop that answered last.
template <class T, class Ask, class Done>
void ask_all(const std::vector<std::unique_ptr<MediaWorker>>& workers, Ask ask, Done done) {
  struct Gathering {
    std::mutex mutex;
    std::vector<T> all;
    size_t missing;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->missing = workers.size();
  for (const auto& worker : workers) {
    ask(*worker, [gathering, done](std::vector<T> some) {
      const std::lock_guard lock(gathering->mutex);
      std::ranges::move(some, std::back_inserter(gathering->all));
      if (--gathering->missing == 0) done(std::move(gathering->all));
    });
  }
}

}  // namespace

std::string to_text(ViewerId id) { return fmt::format("{:016x}", id.value); }

StreamInfo MediaWorker::info_of(const CallMedia& call) const {
  const Stream& stream = *call.stream;
  StreamInfo info{.name = stream.name().value,
                  .state = stream.state(),
                  .tracks = stream.tracks().value_or(TrackList{}),
                  .size = stream.video_size(),
                  .viewers = 0,
                  .stats = stream.stats(),
                  .source = call.source->stats(),
                  .keyframes = stream.broker().stats(),
                  .sent = call.sent_before,
                  .sps_profile_level_id = sps_profile_of(stream),
                  .audio_drift_ppm = stream.timeline().drift_ppm(MediaKind::Audio),
                  .video_drift_ppm = stream.timeline().drift_ppm(MediaKind::Video),
                  .lip_sync = stream.timeline().lip_sync()};
  for (const auto& [id, viewer] : viewers_) {
    if (viewer.stream != stream.name()) continue;
    ++info.viewers;
    add(info.sent, viewer.viewer->stats());
  }
  return info;
}

ViewerInfo MediaWorker::info_of(ViewerId id, const Viewer& viewer) {
  return {.id = id,
          .stream = viewer.stream,
          .state = viewer.first_frame_after ? ViewerState::Playing : ViewerState::Connecting,
          .signalling = viewer.asks.signalling,
          .client = viewer.asks.client,
          .selected = viewer.viewer->selected(),
          .plays = viewer.plays,
          .formats = viewer.formats,
          .stats = viewer.viewer->stats(),
          .joined = viewer.joined_wall,
          .first_frame_after = viewer.first_frame_after};
}

void MediaWorker::list_viewers(std::function<void(std::vector<ViewerInfo>)> done) {
  loop_.post([this, done = std::move(done)] {
    std::vector<ViewerInfo> viewers;
    viewers.reserve(viewers_.size() + waiting_.size());
    for (const auto& [id, viewer] : viewers_) viewers.push_back(info_of(id, viewer));
    for (const auto& [id, waiting] : waiting_) {
      viewers.push_back({.id = ViewerId{id},
                         .stream = waiting.stream,
                         .signalling = waiting.asks.signalling,
                         .client = waiting.asks.client,
                         .joined = waiting.since});
    }
    done(std::move(viewers));
  });
}

void MediaWorker::end_viewer(ViewerId id, std::string why, std::function<void(bool)> done) {
  loop_.post([this, id, why = std::move(why), done = std::move(done)] {
    if (const auto node = waiting_.extract(id.value); !node.empty()) {
      node.mapped().callbacks.answered(fail(Errc::Forbidden, why));
      return done(true);
    }
    if (const auto found = viewers_.find(id); found != viewers_.end() && found->second.failed) {
      found->second.failed(why);
    }
    done(do_remove_viewer(id, "removed", why));
  });
}

void MediaWorker::tell_joined(ViewerId id, const Viewer& viewer) {
  options_.tell({.type = EventType::ViewerJoined,
                 .stream = viewer.stream,
                 .data = {{"viewer", to_text(id)},
                          {"signalling", to_string(viewer.asks.signalling)},
                          {"address", viewer.asks.client.ip()},
                          {"audio_codec", text_or_null(viewer.plays.audio_codec)},
                          {"video_codec", text_or_null(viewer.plays.video_codec)},
                          {"refused", text_or_null(printable(viewer.plays.refused))}}});
}

void MediaWorker::tell_refused(ViewerId id, const StreamName& stream, const ViewerAsks& asks,
                               const Error& error) {
  options_.tell({.type = EventType::ViewerRefused,
                 .stream = StreamName{printable(stream.value)},
                 .data = {{"viewer", to_text(id)},
                          {"signalling", to_string(asks.signalling)},
                          {"address", asks.client.ip()},
                          {"reason", to_string(error.code)},
                          {"cause", printable(error.cause, 700)}}});
}

void MediaWorker::first_frame(ViewerId id) {
  const auto found = viewers_.find(id);
  if (found == viewers_.end()) return;
  Viewer& viewer = found->second;
  viewer.first_frame_after = loop_.now() - viewer.joined;
  CallMedia* call = find_call(viewer.stream);
  if (call && !call->first_viewer) call->first_viewer = loop_.now();
  options_.tell(
      {.type = EventType::ViewerFirstFrame,
       .stream = viewer.stream,
       .data = {{"viewer", to_text(id)}, {"after_ms", to_ms(*viewer.first_frame_after)}}});
}

void MediaWorker::tell_left(ViewerId id, const Viewer& viewer, std::string_view reason,
                            std::string_view cause) {
  const ViewerStats stats = viewer.viewer->stats();
  if (CallMedia* call = find_call(viewer.stream)) add(call->sent_before, stats);
  options_.tell({.type = EventType::ViewerLeft,
                 .stream = viewer.stream,
                 .data = {{"viewer", to_text(id)},
                          {"reason", reason},
                          {"cause", text_or_null(printable(cause))},
                          {"watched_ms", to_ms(loop_.now() - viewer.joined)},
                          {"packets", stats.packets_total},
                          {"bytes", stats.bytes_total}}});
}

void MediaPlane::list_streams(std::function<void(std::vector<StreamInfo>)> done) {
  ask_all<StreamInfo>(
      workers_, [](MediaWorker& worker, auto answer) { worker.list_streams(std::move(answer)); },
      [done = std::move(done)](std::vector<StreamInfo> streams) {
        std::ranges::sort(streams, {}, &StreamInfo::name);
        done(std::move(streams));
      });
}

void MediaPlane::list_viewers(std::function<void(std::vector<ViewerInfo>)> done) {
  ask_all<ViewerInfo>(
      workers_, [](MediaWorker& worker, auto answer) { worker.list_viewers(std::move(answer)); },
      [done = std::move(done)](std::vector<ViewerInfo> viewers) {
        std::ranges::sort(viewers, {}, &ViewerInfo::joined);
        done(std::move(viewers));
      });
}

void MediaPlane::end_viewer(ViewerId id, const std::string& why, std::function<void(bool)> done) {
  ask_all<bool>(
      workers_,
      [id, why](MediaWorker& worker, auto answer) {
        worker.end_viewer(id, why, [answer](bool was_there) { answer({was_there}); });
      },
      [done = std::move(done)](const std::vector<bool>& found) {
        done(std::ranges::find(found, true) != found.end());
      });
}

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
