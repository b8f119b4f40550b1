#pragma once
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace sipcast {

/// Judges by a viewer's own reports (RFC 3550 receiver reports, REMB) whether its line takes the
/// video of the stream. Slow to say no: a cut of the picture must be worth it. Says when a pause
/// may end, later after each failed attempt, because a line that is sent nothing reports nothing.
/// No I/O, no clock; on the viewer's loop.
class ViewerBandwidth {
 public:
  static constexpr Duration kNewcomer = std::chrono::seconds(10);  ///< estimators begin low
  static constexpr Duration kBadFor = std::chrono::seconds(3);
  static constexpr Duration kFirstPause = std::chrono::seconds(4);
  static constexpr Duration kLongestPause = std::chrono::seconds(30);
  static constexpr int kMuchLost = 64;       ///< of 256
  static constexpr double kTooLittle = 0.6;  ///< of the video's rate, by REMB

  void on_connected(Instant now) { connected_at_ = now; }
  /// Bytes of video sent.
  void on_sent(size_t bytes) { window_bytes_ += bytes; }
  /// The fraction lost of video since the report before, of 256.
  void on_loss(uint8_t fraction_lost, Instant now);
  void on_remb(uint64_t bps, Instant now);

  /// False from the moment the line is found too narrow until resume().
  bool enough() const { return !paused_until_.has_value(); }
  /// A pause has lasted long enough: the next keyframe may be tried.
  bool may_resume(Instant now) const { return paused_until_ && now >= *paused_until_; }
  void resume(Instant now);
  /// Of video, from the last whole second; 0: not known yet.
  uint64_t sent_bps() const { return sent_bps_; }

 private:
  void roll(Instant now);
  void judge(bool bad, std::optional<Instant>& since, Instant now);

  Instant connected_at_{};
  std::optional<Instant> window_began_;
  size_t window_bytes_ = 0;
  uint64_t sent_bps_ = 0;
  std::optional<Instant> lossy_since_, narrow_since_;
  std::optional<Instant> paused_until_, resumed_at_;
  Duration pause_ = kFirstPause;
};

}  // namespace sipcast
