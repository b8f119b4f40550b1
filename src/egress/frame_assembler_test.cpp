#include "egress/frame_assembler.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ffmpeg/aac_decoder_for_tests.hpp"
#include "ffmpeg/audio_encoder.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

struct Collector : FrameSink {
  void on_tracks(const TrackList& now) override { tracks = now; }
  void on_frame(const FramePtr& frame) override {
    (frame->kind() == MediaKind::Audio ? audio : video).push_back(frame);
  }
  void on_end(EndReason reason) override { ended = reason; }
  std::optional<TrackList> tracks;
  std::vector<FramePtr> audio, video;
  std::optional<EndReason> ended;
};

struct AsksOfSource : StreamSource {
  void ask_keyframe(const KeyframeAsk&) override { ++asks; }
  int asks = 0;
};

NormalFrame picture(bool keyframe, RtpTimestamp timestamp, Instant arrival) {
  NormalFrame made;
  made.timestamp = timestamp;
  made.arrival = arrival;
  made.keyframe = keyframe;
  const Bytes sps = {0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02, 0x80, 0xbf, 0xe5, 0x84, 0x00,
                     0x00, 0x0f, 0xa4, 0x00, 0x02, 0xee, 0x03, 0xc5, 0x8b, 0xa8};
  const Bytes pps = {0x68, 0xce, 0x0f, 0xc8};
  if (keyframe) {
    Bytes stap = {0x78};
    for (const Bytes* set : {&sps, &pps}) {
      ByteWriter(stap).u16(static_cast<uint16_t>(set->size()));
      ByteWriter(stap).bytes(*set);
    }
    made.payloads.push_back(stap);
  }
  made.payloads.push_back({static_cast<uint8_t>(keyframe ? 0x65 : 0x41), 1, 2, 3});
  return made;
}

/// A phone whose clock runs `ppm` fast: a click of sound at each of its full seconds, a picture
/// every 40 ms, a keyframe every 2 s.
class Phone {
 public:
  Phone(Stream& stream, Codec codec, double ppm)
      : stream_(stream),
        codec_(codec),
        rate_(1 + ppm / 1e6),
        encoder_(ffmpeg::AudioEncoder::create({.codec = codec}).value()) {}

  /// Our clock's instant at which the phone's shows `time`.
  Instant ours(Duration time) const {
    return Instant(1000s) + std::chrono::duration_cast<Duration>(time / rate_);
  }
  void send_audio(Duration time) {
    const auto count = ffmpeg::samples_per_frame(codec_);
    std::vector<int16_t> samples(count);
    if (time % 1s == 0s) {
      for (size_t i = 0; i < count / 4; ++i) {  // 5 ms of 1 kHz
        const double phase = 2 * M_PI * 1000 * static_cast<double>(i) /
                             static_cast<double>(ffmpeg::sample_rate_hz(codec_));
        samples[i] = static_cast<int16_t>(20000 * std::sin(phase));
      }
    }
    const auto payload = encoder_.encode(samples).value();
    const auto timestamp = ticks(time, clock_rate_hz(codec_));
    const Instant arrival = ours(time) + 5ms;
    stream_.timeline().on_packet(MediaKind::Audio, timestamp, clock_rate_hz(codec_), arrival);
    stream_.write_audio(timestamp, false, payload, arrival);
  }
  void send_video(Duration time) {
    const auto timestamp = ticks(time, 90'000);
    const Instant arrival = ours(time) + 5ms;
    stream_.timeline().on_packet(MediaKind::Video, timestamp, 90'000, arrival);
    stream_.write_frame(picture(time % 2s == 0s, timestamp, arrival));
  }

 private:
  static RtpTimestamp ticks(Duration time, uint32_t rate) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    return RtpTimestamp{static_cast<uint32_t>(us * rate / 1'000'000)};
  }
  Stream& stream_;
  Codec codec_;
  double rate_;
  ffmpeg::AudioEncoder encoder_;
};

struct World {
  explicit World(TrackList tracks, FrameAssembler::Options options = {})
      : stream(StreamName{"room1"}, Logger::none()),
        assembler(options,
                  {.apart =
                       [](FrameAssembler::Task task) {
                         task();
                         return true;
                       },
                   .back = [](FrameAssembler::Task task) { task(); }},
                  stream, Logger::none()) {
    stream.set_source(&source);
    stream.set_tracks(tracks);
  }
  AsksOfSource source;
  Stream stream;
  FrameAssembler assembler;
  std::shared_ptr<Collector> sink = std::make_shared<Collector>();
};

void expect_no_hole(const std::vector<FramePtr>& audio) {
  for (size_t i = 1; i < audio.size(); ++i) {
    const auto step = audio[i]->dts - audio[i - 1]->dts;
    ASSERT_LE(std::abs((step - audio[i - 1]->duration).count()), 2) << "block " << i;
  }
}

void expect_rising(const std::vector<FramePtr>& frames) {
  for (size_t i = 1; i < frames.size(); ++i) {
    ASSERT_GT(frames[i]->dts, frames[i - 1]->dts) << "frame " << i;
    ASSERT_LE(frames[i]->dts, frames[i]->pts);
  }
}

/// When the clicks are heard, on the stream's timeline.
std::vector<Instant> clicks(const std::vector<FramePtr>& audio) {
  ffmpeg::AacDecoder decoder(*audio.front()->format);
  std::vector<Instant> found;
  for (const FramePtr& frame : audio) {
    const auto samples = decoder.decode(frame->payload);
    for (size_t i = 0; i < samples.size(); ++i) {
      const Instant at = frame->pts + std::chrono::nanoseconds(i * 1'000'000'000 / 48'000);
      if (std::abs(samples[i]) > 0.2f && (found.empty() || at - found.back() > 500ms)) {
        found.push_back(at);
      }
    }
  }
  return found;
}

TEST(FrameAssembler, KeepsSoundAndPictureTogetherThroughDriftAndHolds) {
  for (const auto& [ppm, length] : {std::pair<double, Duration>{100, 600s}, {-100, 200s}}) {
    SCOPED_TRACE(ppm);
    World world({.audio = TrackInfo{Codec::Pcmu}, .video = TrackInfo{Codec::H264}});
    Phone phone(world.stream, Codec::Pcmu, ppm);
    ASSERT_TRUE(world.assembler.add(world.sink, FrameCodec::Aac, phone.ours(0s)));
    const auto on_hold = [](Duration t) {
      return (t >= 100s && t < 160s) || (t >= 300s && t < 305500ms);
    };
    for (Duration t = 0s; t < length; t += 20ms) {
      if (!on_hold(t)) {
        phone.send_audio(t);
        if (t % 40ms == 0ms) phone.send_video(t);
      }
      if (t % 100ms == 0ms) world.assembler.on_timer(phone.ours(t));
    }
    const auto &audio = world.sink->audio, &video = world.sink->video;
    expect_rising(audio);
    expect_no_hole(audio);
    expect_rising(video);
    EXPECT_LT(std::chrono::abs(audio.back()->pts - audio.front()->pts - length), 1s);

    // Each click belongs to a keyframe or to the picture one second later.
    const auto heard = clicks(audio);
    EXPECT_GT(heard.size(), length / 1s - 70u);
    Duration worst = 0s;
    for (const Instant click : heard) {
      Duration nearest = 1h;
      for (const FramePtr& frame : video) {
        const Duration off = click - frame->pts;
        if (std::chrono::abs(off) < std::chrono::abs(nearest)) nearest = off;
      }
      worst = std::max(worst, std::chrono::abs(nearest));
    }
    EXPECT_LT(to_ms(worst), 20) << "pictures come every 40 ms: more could not be seen";
    for (size_t i = 0; i < heard.size(); ++i) {
      // The phone's own clock says where each click belongs.
      const double since = std::chrono::duration<double>(heard[i] - phone.ours(0s)).count();
      const double phones = since * (1 + ppm / 1e6);
      ASSERT_LT(std::abs(phones - std::round(phones)), 0.025) << "click " << i << " at " << since;
    }
  }
}

TEST(FrameAssembler, FillsLossAndLateSoundWithoutAShift) {
  World world({.audio = TrackInfo{Codec::Opus}, .video = {}});
  Phone phone(world.stream, Codec::Opus, 0);
  ASSERT_TRUE(world.assembler.add(world.sink, FrameCodec::Aac, phone.ours(0s)));
  for (Duration t = 0s; t < 30s; t += 20ms) {
    const auto number = t / 20ms;
    if (number % 50 != 7 && number % 50 != 8) phone.send_audio(t);
    if (t % 100ms == 0ms) world.assembler.on_timer(phone.ours(t));
  }
  expect_no_hole(world.sink->audio);
  const auto heard = clicks(world.sink->audio);
  ASSERT_GE(heard.size(), 28u);
  for (size_t i = 1; i < heard.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(to_ms(heard[i] - heard[i - 1])), 1000, 12);
  }
}

TEST(FrameAssembler, ACallWithoutSoundHasSilence) {
  World world({.audio = {}, .video = TrackInfo{Codec::H264}});
  Phone phone(world.stream, Codec::Pcmu, 0);
  ASSERT_TRUE(world.assembler.add(world.sink, FrameCodec::Aac, phone.ours(0s)));
  for (Duration t = 0s; t < 10s; t += 40ms) {
    phone.send_video(t);
    if (t % 200ms == 0ms) world.assembler.on_timer(phone.ours(t));
  }
  expect_no_hole(world.sink->audio);
  EXPECT_NEAR(static_cast<double>(world.sink->audio.size()), 9.75 * 48000 / 1024, 4);
}

TEST(FrameAssembler, GivesVideoFromAKeyframeOnAndAsksForIt) {
  World world({.audio = {}, .video = TrackInfo{Codec::H264}}, {.keyframe_every = 2s});
  Phone phone(world.stream, Codec::Pcmu, 0);
  ASSERT_TRUE(world.assembler.add(world.sink, FrameCodec::Aac, phone.ours(0s)));
  EXPECT_EQ(world.source.asks, 1);
  phone.send_video(40ms);
  EXPECT_TRUE(world.sink->video.empty());
  phone.send_video(2s);
  phone.send_video(2040ms);
  ASSERT_EQ(world.sink->video.size(), 2u);
  EXPECT_TRUE(world.sink->video[0]->keyframe);
  EXPECT_EQ(world.sink->video[0]->format->width, 640);
  EXPECT_EQ(world.sink->video[0]->payload, (Bytes{0, 0, 0, 4, 0x65, 1, 2, 3}));
  EXPECT_FALSE(world.sink->video[1]->keyframe);
  const int before = world.source.asks;
  world.assembler.on_timer(phone.ours(3s));
  EXPECT_EQ(world.source.asks, before) << "the last one is young";
  world.assembler.on_timer(phone.ours(5s));
  EXPECT_EQ(world.source.asks, before + 1);
}

TEST(FrameAssembler, TellsItsSinksTheEndAndForgetsThem) {
  World world({.audio = TrackInfo{Codec::Pcmu}, .video = {}});
  ASSERT_TRUE(world.assembler.add(world.sink, FrameCodec::Aac, Instant(1s)));
  EXPECT_TRUE(world.sink->tracks);
  world.stream.end(EndReason::SourceStopped);
  EXPECT_EQ(world.sink->ended, EndReason::SourceStopped);
  EXPECT_TRUE(world.assembler.empty());
}

}  // namespace
}  // namespace sipcast
