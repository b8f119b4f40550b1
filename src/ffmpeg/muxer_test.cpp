#include "ffmpeg/muxer.hpp"

#include <gtest/gtest.h>

#include "ffmpeg/container_audio_encoder.hpp"
#include "ffmpeg/sound.hpp"

namespace sipcast::ffmpeg {
namespace {
using namespace std::chrono_literals;

FrameFormatPtr h264() {
  return std::make_shared<FrameFormat>(
      FrameFormat{.codec = FrameCodec::H264,
                  .setup = {1,    0x42, 0xc0, 0x1e, 0xff, 0xe1, 0,    21,   0x67, 0x42, 0xc0, 0x1e,
                            0xda, 0x02, 0x80, 0xbf, 0xe5, 0x84, 0x00, 0x00, 0x0f, 0xa4, 0x00, 0x02,
                            0xee, 0x03, 0xc5, 0x8b, 0xa8, 1,    0,    4,    0x68, 0xce, 0x0f, 0xc8},
                  .width = 640,
                  .height = 360});
}
FrameFormatPtr aac() { return ContainerAudioEncoder::create(FrameCodec::Aac, 64'000)->format(); }
FramePtr frame(const FrameFormatPtr& format, Duration at, bool keyframe) {
  return std::make_shared<Frame>(Frame{.format = format,
                                       .pts = Instant(at),
                                       .dts = Instant(at),
                                       .duration = 20ms,
                                       .keyframe = keyframe,
                                       .payload = {0, 0, 0, 2, 0x65, 1}});
}

struct Pieces {
  std::vector<std::pair<Muxer::Piece, std::string>> list;
  Muxer::Take take() {
    return [this](BytesView bytes, Muxer::Piece piece) {
      if (piece == Muxer::Piece::Header && !list.empty()) {
        list.back().second += as_text(bytes);
      } else {
        list.emplace_back(piece, as_text(bytes));
      }
      return true;
    };
  }
};

TEST(Muxer, CutsFragmentedMp4WhereItIsTold) {
  Pieces pieces;
  auto muxer = Muxer::to_bytes(Container::FragmentedMp4, {h264(), aac()}, pieces.take());
  ASSERT_TRUE(muxer) << muxer.error().cause;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(muxer->write(frame(h264(), i * 40ms, i % 2 == 0), Instant{}));
    if (i == 2) ASSERT_TRUE(muxer->cut());
    ASSERT_TRUE(muxer->write(frame(aac(), i * 40ms, true), Instant{}));
  }
  ASSERT_TRUE(muxer->finish());
  ASSERT_GE(pieces.list.size(), 3u);
  EXPECT_EQ(pieces.list[0].first, Muxer::Piece::Header);
  EXPECT_EQ(pieces.list[0].second.substr(4, 4), "ftyp");
  EXPECT_NE(pieces.list[0].second.find("avcC"), std::string::npos);
  for (const size_t i : {1u, 2u}) {
    EXPECT_EQ(pieces.list[i].first, Muxer::Piece::FromKeyframe);
    EXPECT_NE(pieces.list[i].second.find("moof"), std::string::npos);
    EXPECT_NE(pieces.list[i].second.find("mdat"), std::string::npos);
  }
}

TEST(Muxer, RefusesWhatAContainerDoesNotCarry) {
  Pieces pieces;
  EXPECT_FALSE(Muxer::to_bytes(Container::Flv, {}, pieces.take()));
  EXPECT_FALSE(Muxer::to_bytes(Container::WebM, {h264(), nullptr}, pieces.take()));
  const auto vp8 = std::make_shared<FrameFormat>(FrameFormat{.codec = FrameCodec::Vp8});
  EXPECT_FALSE(Muxer::to_bytes(Container::Flv, {vp8, aac()}, pieces.take()));
}

TEST(Muxer, StopsWhenItsBytesAreRefused) {
  bool full = false;
  auto muxer = Muxer::to_bytes(Container::FragmentedMp4, {h264(), nullptr},
                               [&](BytesView, Muxer::Piece) { return !full; });
  ASSERT_TRUE(muxer);
  ASSERT_TRUE(muxer->write(frame(h264(), 0ms, true), Instant{}));
  ASSERT_TRUE(muxer->write(frame(h264(), 40ms, true), Instant{}));
  full = true;
  EXPECT_FALSE(muxer->cut());
  EXPECT_FALSE(muxer->finish());
}

TEST(Muxer, SaysWhyAnRtmpServerCannotBeReachedAndTellsNoSecret) {
  const RtmpServer server{.url = "rtmp://me:hunter22@127.0.0.1:9/live/key-1234",
                          .tc_url = "rtmp://127.0.0.1:9/live",
                          .app = "live",
                          .playpath = "key-1234",
                          .secrets = {"key-1234", "me:hunter22", "hunter22"}};
  const auto muxer = Muxer::to_rtmp(server, {nullptr, aac()}, [] { return false; });
  ASSERT_FALSE(muxer);
  EXPECT_NE(muxer.error().cause.find("refused"), std::string::npos) << muxer.error().cause;
  EXPECT_EQ(muxer.error().cause.find("key-1234"), std::string::npos) << muxer.error().cause;
  EXPECT_EQ(muxer.error().cause.find("hunter22"), std::string::npos) << muxer.error().cause;
}

TEST(Sound, SilenceIsASecondOfBlocks) {
  const auto silence = make_silence(64'000);
  ASSERT_TRUE(silence);
  EXPECT_GE((*silence)->blocks.size(), 46u);
  EXPECT_EQ(load_sound("/no/such/file.wav", 64'000).error().code, Errc::NotFound);
  EXPECT_EQ(load_sound("/etc/passwd", 64'000).error().code, Errc::BadSyntax);
}

}  // namespace
}  // namespace sipcast::ffmpeg
