#pragma once
#include <gmock/gmock.h>

#include "rtp/frame_depacketizer.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/video_normalizer.hpp"
#include "rtp/video_test_data.hpp"

namespace sipcast {

enum class Ends : uint8_t { WithMarker, WithoutMarker };
enum class Loss : uint8_t { None, GapBefore };

/// Feeds a normaliser as a phone would, and looks at what comes out.
class NormalizerTest : public testing::Test {
 protected:
  void push(const Bytes& payload, uint32_t timestamp, bool marker, Loss loss = Loss::None) {
    RtpView rtp;
    rtp.marker = marker;
    rtp.timestamp = RtpTimestamp{timestamp};
    rtp.payload = payload;
    now += std::chrono::milliseconds(1);
    normalizer.push(rtp, now, loss == Loss::GapBefore, frames);
    for (const NormalFrame& frame : frames) {
      EXPECT_FALSE(frame.payloads.empty());
      for (const Bytes& out : frame.payloads) {
        EXPECT_FALSE(out.empty());
        EXPECT_LE(out.size(), 1200u);
      }
    }
  }
  void push_all(const std::vector<Bytes>& payloads, uint32_t timestamp,
                Ends ends = Ends::WithMarker) {
    for (size_t i = 0; i < payloads.size(); ++i) {
      push(payloads[i], timestamp, ends == Ends::WithMarker && i + 1 == payloads.size());
    }
  }
  /// Frames since the last call.
  std::vector<NormalFrame> take() { return std::exchange(frames, {}); }
  static std::vector<Bytes> nals(const NormalFrame& frame) {
    const auto stream = depacketize_frame(Codec::H264, frame.payloads);
    EXPECT_TRUE(stream.has_value());
    std::vector<Bytes> units;
    for (const BytesView unit : annexb_nal_units(stream.value_or(Bytes{}))) {
      units.emplace_back(unit.begin(), unit.end());
    }
    return units;
  }
  const VideoNormalizerStats& stats() const { return normalizer.stats(); }
  uint64_t dropped() const {
    return stats().frames_dropped_damaged_total + stats().frames_dropped_invalid_total +
           stats().frames_dropped_no_parameter_sets_total;
  }

  VideoNormalizer normalizer{{.codec = Codec::H264, .parameter_sets = {}}};
  std::vector<NormalFrame> frames;
  Instant now{};
};

}  // namespace sipcast
