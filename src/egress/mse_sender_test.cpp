#include "egress/mse_sender.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

const FrameFormatPtr kAac = std::make_shared<FrameFormat>(
    FrameFormat{.codec = FrameCodec::Aac, .setup = {0x11, 0x88}, .sample_rate_hz = 48000});
const FrameFormatPtr kH264 =
    std::make_shared<FrameFormat>(FrameFormat{.codec = FrameCodec::H264, .setup = {1, 0x42}});

FramePtr frame(const FrameFormatPtr& format, Duration at, bool keyframe, size_t size = 2) {
  return std::make_shared<Frame>(Frame{.format = format,
                                       .pts = Instant(at),
                                       .dts = Instant(at),
                                       .duration = 20ms,
                                       .keyframe = keyframe,
                                       .payload = Bytes(size, 0xee)});
}

class MseSenderTest : public testing::Test {
 protected:
  MseSenderTest() {
    sender_.on_tracks({.audio = TrackInfo{Codec::Pcmu}, .video = TrackInfo{Codec::H264}});
  }
  void connect() {
    sender_.connect({.send = [this](std::string bytes) { sent_ += to_hex(bytes) + " "; },
                     .queued = [this] { return queued_; }});
  }
  std::string sent_, told_;
  size_t queued_ = 0;
  MseSender sender_{{.tracks = [this](TrackList) { told_ += "tracks "; },
                     .playing = [this] { told_ += "playing "; },
                     .ended = [this](EndReason) { told_ += "ended "; }}};
};

TEST_F(MseSenderTest, SendsWhatDecodersMustKnowAndThenFrames) {
  connect();
  sender_.on_frame(frame(kH264, 1000ms, true));
  sender_.on_frame(frame(kH264, 1040ms, false));
  for (const auto at : {1000ms, 1020ms, 1041ms}) sender_.on_frame(frame(kAac, at, true));
  EXPECT_EQ(to_lower(sent_),
            "08000000000000000300"
            "1188 "
            "09000000000000000717000000000142"
            "0900000000000000071701000000eeee "
            "08000000000000000301eeee "
            "08000000140000000301eeee "
            "0900000028000000072701000000eeee "
            "08000000290000000301eeee ");
  sender_.on_end(EndReason::SourceStopped);
  EXPECT_EQ(told_, "tracks playing ended ");
}

TEST_F(MseSenderTest, SendsNothingUntilThePlayerHasOpenedItsSocket) {
  sender_.on_frame(frame(kH264, 0ms, true));
  sender_.on_frame(frame(kAac, 0ms, true));
  connect();
  sender_.on_frame(frame(kAac, 20ms, true));
  EXPECT_EQ(sent_, "") << "the next keyframe is waited for";
}

TEST_F(MseSenderTest, ASlowViewerLosesFramesUpToTheNextKeyframe) {
  connect();
  sender_.on_frame(frame(kH264, 0ms, true));
  sender_.on_frame(frame(kAac, 0ms, true));
  queued_ = 600 * 1024;
  sent_.clear();
  sender_.on_frame(frame(kAac, 20ms, true));
  queued_ = 300 * 1024;
  sender_.on_frame(frame(kH264, 40ms, true));
  sender_.on_frame(frame(kAac, 40ms, true));
  queued_ = 0;
  sender_.on_frame(frame(kAac, 60ms, true));
  EXPECT_EQ(sent_, "");
  sender_.on_frame(frame(kH264, 80ms, true));
  sender_.on_frame(frame(kAac, 80ms, true));
  EXPECT_NE(sent_.find("09"), std::string::npos);
}

}  // namespace
}  // namespace sipcast
