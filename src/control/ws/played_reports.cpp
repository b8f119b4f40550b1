// The part of PlayedStreams that tells, once a second, how its viewers fare (wcs-websocket 3.9
// and 3.11).
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/ws/played_streams.hpp"

namespace sipcast::ws {
namespace {
constexpr Duration kEvery =
    std::chrono::seconds(1);  // the SDK takes videoRate for bits since the last one
}

void PlayedStreams::ask_for_reports() {
  if (playing_.empty()) {
    reporting_ = false;
    return;
  }
  for (const auto& [id, playing] : playing_) {
    if (playing.mse || playing.object.status != "PLAYING")
      continue;  // with MSE the SDK would throw
    media_.worker_for(playing.stream())
        .viewer_report(playing.viewer, later(id, playing.viewer,
                                             [](PlayedStreams& self, const std::string& session,
                                                const MediaWorker::ViewerReport& report) {
                                               self.on_report(session, report);
                                             }));
  }
  reports_ = web_.after(kEvery, [this] { ask_for_reports(); });
}

void PlayedStreams::on_report(const std::string& id, const MediaWorker::ViewerReport& report) {
  Playing& playing = playing_.at(id);
  const MediaWorker::ViewerReport last = std::exchange(playing.last, report);
  const ViewerStats& stats = report.stats;
  rest::StreamObject& object = playing.object;
  if (report.size && *report.size != object.size) {
    object.size = *report.size;
    event(id, "resize",
          {{"streamerVideoWidth", object.size.width}, {"streamerVideoHeight", object.size.height}});
  }
  const bool first = last.stats.packets_total == 0;  // no second has passed yet
  const uint64_t video_bps = first ? 0 : 8 * uint64_t{stats.video_octets - last.stats.video_octets};
  const uint64_t fps = first ? 0 : report.frames_total - last.frames_total;
  object.metrics = {.video_nacks = stats.nacked_packets_total,
                    .video_plis = stats.keyframe_requests_total,
                    .video_lost = static_cast<uint64_t>(std::max<int64_t>(0, stats.video_lost)),
                    .video_bps = video_bps,
                    .video_fps = static_cast<double>(fps),
                    .video_payload_type = {},
                    .audio_payload_type = {}};
  if (first) return;
  send_("outboundVideoRate", {boost::json::object{{"mediaSessionId", id},
                                                  {"videoRate", video_bps},
                                                  {"fps", fps},
                                                  {"nack", object.metrics.video_nacks},
                                                  {"pli", object.metrics.video_plis},
                                                  {"lostPackets", object.metrics.video_lost},
                                                  {"width", object.size.width},
                                                  {"height", object.size.height}}});
  const auto carried = playing.bandwidth.judge({.sent_bps = video_bps,
                                                .fraction_lost = stats.fraction_lost,
                                                .keyframe_skips = stats.keyframe_skips_total,
                                                .remb_bps = stats.remb_bps});
  if (!carried) return;
  log_.info("{}: not enough bandwidth, {} of {} bit/s", printable(object.name, 80), *carried,
            video_bps);
  event(id, "notEnoughBandwidth", {{"info", fmt::format("{}/{}", video_bps, *carried)}});
}

}  // namespace sipcast::ws
