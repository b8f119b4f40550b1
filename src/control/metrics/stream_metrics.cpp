#include "control/metrics/stream_metrics.hpp"

#include <map>

namespace sipcast {
namespace {

/// One family with a sample of each track: `read(track, stats)` writes it.
struct Track {
  std::string_view stream, name;
  const SourceTrackStats& stats;
  const std::optional<double>& drift_ppm;
};

template <class Read>
void per_track(const std::vector<StreamInfo>& streams, Read read) {
  for (const StreamInfo& stream : streams) {
    if (stream.tracks.audio) {
      read(Track{stream.name, "audio", stream.source.audio, stream.audio_drift_ppm});
    }
    if (stream.tracks.video) {
      read(Track{stream.name, "video", stream.source.video, stream.video_drift_ppm});
    }
  }
}

void write_tracks(PrometheusText& out, const std::vector<StreamInfo>& streams) {
  const auto counter = [&](std::string_view name, std::string_view help, auto value) {
    out.begin(name, "counter", help);
    per_track(streams, [&](const Track& track) {
      out.sample({{"stream", track.stream}, {"track", track.name}},
                 static_cast<uint64_t>(value(track.stats)));
    });
  };
  using Stats = SourceTrackStats;
  counter("rtp_packets_total", "Valid RTP packets of phones.",
          [](const Stats& s) { return s.packets_total; });
  counter("rtp_bytes_total", "Their payloads.", [](const Stats& s) { return s.bytes_total; });
  counter("rtp_packets_lost_total", "Packets that were given up.",
          [](const Stats& s) { return s.reorder.lost_total; });
  counter("rtp_packets_reordered_total", "Packets that came out of order, and were put in order.",
          [](const Stats& s) { return s.reorder.reordered_total; });
  out.begin("rtp_packets_dropped_total", "counter", "Packets that were not used, and why.");
  per_track(streams, [&](const Track& track) {
    const Stats& s = track.stats;
    for (const auto& [reason, count] : {std::pair("invalid", s.dropped_invalid_total),
                                        {"stranger", s.dropped_stranger_total},
                                        {"payload_type", s.dropped_payload_type_total},
                                        {"not_authentic", s.dropped_unauthentic_total},
                                        {"duplicate", s.reorder.duplicates_total},
                                        {"late", s.reorder.late_total}}) {
      out.sample({{"stream", track.stream}, {"track", track.name}, {"reason", reason}}, count);
    }
  });
  out.begin("rtp_jitter_seconds", "gauge", "Interarrival jitter (RFC 3550 6.4.1).");
  per_track(streams, [&](const Track& track) {
    out.sample({{"stream", track.stream}, {"track", track.name}}, track.stats.jitter_ms / 1000);
  });
  out.begin("rtp_clock_drift_ppm", "gauge", "How much faster than ours the phone's clock runs.");
  per_track(streams, [&](const Track& track) {
    if (!track.drift_ppm) return;
    out.sample({{"stream", track.stream}, {"track", track.name}}, *track.drift_ppm);
  });
}

}  // namespace

void write_stream_metrics(PrometheusText& out, const std::vector<StreamInfo>& streams) {
  std::map<std::string_view, uint64_t> states = {{"waiting", 0}, {"live", 0}};
  for (const StreamInfo& stream : streams) {
    ++states[stream.state == StreamState::Live ? "live" : "waiting"];
  }
  out.begin("streams", "gauge", "Streams, by state.");
  for (const auto& [state, count] : states) out.sample({{"state", state}}, count);
  write_tracks(out, streams);
  const auto counter = [&](std::string_view name, std::string_view help, auto value) {
    out.begin(name, "counter", help);
    for (const StreamInfo& stream : streams) out.sample({{"stream", stream.name}}, value(stream));
  };
  using Info = const StreamInfo&;
  counter("frames_total", "Whole frames of video.", [](Info s) { return s.stats.frames_total; });
  counter("keyframes_total", "Keyframes.", [](Info s) { return s.stats.keyframes_total; });
  counter("keyframe_asks_total", "Requests for a keyframe that phones were sent.",
          [](Info s) { return s.keyframes.asks_total; });
  counter("viewer_packets_total", "RTP packets to viewers.",
          [](Info s) { return s.sent.packets_total; });
  counter("viewer_bytes_total", "Bytes of them, sealed.",
          [](Info s) { return s.sent.bytes_total; });
  counter("viewer_packets_nacked_total", "Packets that viewers asked for again.",
          [](Info s) { return s.sent.nacked_packets_total; });
  counter("viewer_packets_resent_total", "Packets that they got again.",
          [](Info s) { return s.sent.resent_packets_total; });
  out.begin("frames_dropped_total", "counter", "Frames of phones that were not used, and why.");
  for (const StreamInfo& stream : streams) {
    const VideoNormalizerStats& frames = stream.source.frames;
    for (const auto& [reason, count] :
         {std::pair("damaged", frames.frames_dropped_damaged_total),
          {"invalid", frames.frames_dropped_invalid_total},
          {"no_parameter_sets", frames.frames_dropped_no_parameter_sets_total}}) {
      out.sample({{"stream", stream.name}, {"reason", reason}}, count);
    }
  }
  out.begin("sink_packets_dropped_total", "counter", "Packets that viewers did not get, and why.");
  for (const StreamInfo& stream : streams) {
    out.sample({{"stream", stream.name}, {"reason", "send_queue_full"}},
               stream.sent.dropped_packets_total);
  }
  out.begin("viewer_keyframe_skips_total", "counter",
            "Times that a slow connection got no video until a keyframe.");
  for (const StreamInfo& stream : streams) {
    out.sample({{"stream", stream.name}}, stream.sent.keyframe_skips_total);
  }
  out.begin("keyframe_wait_seconds", "gauge", "From the last request for a keyframe to it.");
  for (const StreamInfo& stream : streams) {
    const auto& wait = stream.keyframes.last_time_to_keyframe;
    if (!wait) continue;
    out.sample({{"stream", stream.name}}, std::chrono::duration<double>(*wait).count());
  }
}

void write_sink_metrics(PrometheusText& out, const std::vector<ViewerInfo>& viewers,
                        const std::vector<PushInfo>& pushes,
                        const std::vector<RecordingInfo>& recordings) {
  std::map<std::string_view, uint64_t> states = {{"waiting", 0}, {"connecting", 0}, {"playing", 0}};
  for (const ViewerInfo& viewer : viewers) ++states[to_string(viewer.state)];
  out.begin("viewers", "gauge", "Viewers, by state.");
  for (const auto& [state, count] : states) out.sample({{"state", state}}, count);

  uint64_t publishing = 0, failed = 0;
  for (const PushInfo& push : pushes) publishing += push.stats.state == PushState::Publishing;
  for (const RecordingInfo& one : recordings) failed += !one.stats.cause.empty();
  out.begin("pushes", "gauge", "Pushes, by state.");
  out.sample({{"state", "publishing"}}, publishing);
  out.sample({{"state", "not_publishing"}}, pushes.size() - publishing);
  out.begin("recordings", "gauge", "Recordings, by state.");
  out.sample({{"state", "writing"}}, recordings.size() - failed);
  out.sample({{"state", "failed"}}, failed);
  const auto counter = [&](std::string_view name, std::string_view help, auto of_push,
                           auto of_recording) {
    out.begin(name, "counter", help);
    for (const PushInfo& push : pushes) {
      out.sample({{"sink", "push"}, {"stream", push.stream.value}, {"push", push.id}},
                 of_push(push.stats));
    }
    for (const RecordingInfo& one : recordings) {
      out.sample({{"sink", "recording"}, {"stream", one.stream.value}}, of_recording(one.stats));
    }
  };
  counter(
      "sink_bytes_total", "Bytes that pushes have sent and recordings have written.",
      [](const PushStats& s) { return s.bytes_total; },
      [](const RecordingStats& s) { return s.bytes_total; });
  counter(
      "sink_frames_dropped_total", "Frames that a slow server or disk did not get.",
      [](const PushStats& s) { return s.queue.dropped_total; },
      [](const RecordingStats& s) { return s.queue.dropped_total; });
}

}  // namespace sipcast
