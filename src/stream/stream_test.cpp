#include "stream/stream.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

struct Recorder : PacketSink {
  void on_tracks(const TrackList& tracks) override { last_tracks = tracks; }
  void on_packet(const PacketPtr& packet) override {
    packets.push_back(packet);
    if (on_each) on_each();
  }
  void on_end(EndReason reason) override { ended = reason; }
  std::optional<TrackList> last_tracks;
  std::vector<PacketPtr> packets;
  std::optional<EndReason> ended;
  std::function<void()> on_each;
};

NormalFrame frame(bool keyframe, size_t payloads = 2) {
  NormalFrame made;
  made.keyframe = keyframe;
  made.payloads.assign(payloads, Bytes{1, 2, 3});
  return made;
}

TEST(Stream, NumbersPacketsWithoutGapsAndMarksTheEndOfAFrame) {
  Stream stream(StreamName{"room1"}, Logger::none());
  Recorder sink;
  const auto subscription = stream.attach(sink);
  stream.write_frame(frame(true, 3));
  stream.write_frame(frame(false, 1));
  ASSERT_EQ(sink.packets.size(), 4u);
  for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(sink.packets[i]->sequence, i);
  EXPECT_TRUE(sink.packets[0]->keyframe_start);
  EXPECT_FALSE(sink.packets[1]->keyframe_start);
  EXPECT_FALSE(sink.packets[1]->marker);
  EXPECT_TRUE(sink.packets[2]->marker);
}

TEST(Stream, IsLiveWithAudioOrWithTheFirstKeyframe) {
  Stream stream(StreamName{"room1"}, Logger::none());
  stream.write_frame(frame(false));
  EXPECT_EQ(stream.state(), StreamState::Waiting);
  stream.write_frame(frame(true));
  EXPECT_EQ(stream.state(), StreamState::Live);
}

TEST(Stream, ASinkMayDetachItselfOrAnotherWhileAPacketIsFannedOut) {
  Stream stream(StreamName{"room1"}, Logger::none());
  Recorder first, second;
  auto one = stream.attach(first);
  auto two = stream.attach(second);
  first.on_each = [&] {
    one.release();
    two.release();
  };
  stream.write_audio(RtpTimestamp{0}, false, Bytes{1}, Instant{});
  stream.write_audio(RtpTimestamp{160}, false, Bytes{1}, Instant{});
  EXPECT_EQ(first.packets.size(), 1u);
  EXPECT_TRUE(second.packets.empty());
  EXPECT_EQ(stream.sinks(), 0u);
}

TEST(Stream, AnotherVideoCodecBeginsTheHistoryAnew) {
  Stream stream(StreamName{"room1"}, Logger::none());
  Recorder sink;
  const auto subscription = stream.attach(sink);
  stream.set_tracks({.audio = {}, .video = TrackInfo{Codec::H264, 0x42e01f}});
  stream.write_frame(frame(true, 3));
  stream.set_tracks({.audio = TrackInfo{Codec::Pcmu}, .video = TrackInfo{Codec::H264, 0x42c01e}});
  EXPECT_EQ(stream.history().keyframe_sequence(), 0u) << "the codec is the same";
  stream.set_tracks({.audio = TrackInfo{Codec::Pcmu}, .video = TrackInfo{Codec::Vp8}});
  EXPECT_FALSE(stream.history().keyframe_sequence());
  EXPECT_FALSE(stream.history().newest_timestamp());
  stream.write_frame(frame(true, 1));
  EXPECT_EQ(sink.packets.back()->sequence, 3u) << "the numbers go on";
  EXPECT_EQ(stream.history().keyframe_sequence(), 3u);
}

TEST(Stream, TellsItsEndOnceAndTakesNothingAfterwards) {
  Stream stream(StreamName{"room1"}, Logger::none());
  Recorder sink;
  const auto subscription = stream.attach(sink);
  stream.end(EndReason::SourceStopped);
  stream.write_audio(RtpTimestamp{0}, false, Bytes{1}, Instant{});
  EXPECT_EQ(sink.ended, EndReason::SourceStopped);
  EXPECT_TRUE(sink.packets.empty());
}

}  // namespace
}  // namespace sipcast
