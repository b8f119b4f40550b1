#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace sipcast {

/// A stretch of a recording, in times of the file.
struct RecordSpan {
  Duration from{}, to{};
};

/// What is told of a recorded file, in NAME.json beside it.
struct RecordManifest {
  std::string file, stream, call;
  int64_t start_ms = 0, end_ms = 0;  ///< wall clock, since 1970
  Duration length{};
  uint64_t bytes = 0;
  std::string sha256;                    ///< of the file as it is; "" while that is not known
  std::string video_codec, audio_codec;  ///< "" for none
  uint16_t width = 0, height = 0;
  uint64_t video_frames = 0, audio_frames = 0, frames_dropped = 0;
  std::vector<RecordSpan> video_gaps;  ///< no picture for a second and more
  std::vector<RecordSpan> audio_gaps;  ///< silence that was put in for sound that did not come
  std::vector<RecordSpan> holds;       ///< the call was on hold
  /// When the first picture and the first sound of the file are: what lies between is what a player
  /// must wait, and does.
  std::optional<Duration> video_start, audio_start;
  /// How much faster than ours the phone's clock ran, in millionths; none after less than 20 s.
  std::optional<double> clock_drift_ppm;
  /// Sound and picture were tied together by sender reports (RFC 3550 §6.4.1), not by arrival.
  bool lip_sync = false;
  std::string cause;  ///< why it ended, when it failed
};

std::string to_json(const RecordManifest& manifest);

/// Writes it to `path` at once as a whole: nobody sees half of it. Errors: Io.
Result<void> write_manifest(const std::string& path, const RecordManifest& manifest);

}  // namespace sipcast
