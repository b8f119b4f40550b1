// Ten minutes of a call, simulated: a phone whose clock runs 100 ppm fast, a keyframe every two
// seconds, two holds. What the muxers make of it is judged by ffprobe and ffmpeg.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "egress/frame_assembler.hpp"
#include "egress/frame_queue.hpp"
#include "egress/frame_sequencer.hpp"
#include "ffmpeg/audio_encoder.hpp"
#include "ffmpeg/muxer.hpp"
#include "ffmpeg/video_encoder.hpp"
#include "rtp/h264_avc.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

constexpr Duration kLength = 600s, kAudioStep = 20ms, kPictureStep = 40ms;
constexpr double kDrift = 100e-6;
constexpr std::array kHolds = {std::pair<Duration, Duration>{120s, 150s},
                               std::pair<Duration, Duration>{400s, 420s}};

bool on_hold(Duration time) {
  return std::ranges::any_of(
      kHolds, [&](const auto& hold) { return time >= hold.first && time < hold.second; });
}

/// A flash and a beep of 80 ms at each full second of the phone.
class Phone {
 public:
  explicit Phone(Stream& stream) : stream_(stream) { std::ranges::fill(white_.y, uint8_t{235}); }
  /// Our clock when the phone's shows `time`, and a network that is late by 5 to 13 ms.
  Instant arrival(Duration time) {
    jitter_ = jitter_ * 1664525u + 1013904223u;
    return Instant(1000s) + std::chrono::duration_cast<Duration>(time / (1 + kDrift)) + 5ms +
           1us * (jitter_ >> 19);
  }
  void send_audio(Duration time) {
    std::array<int16_t, 160> samples{};
    if (time % 1s < 80ms) {
      for (size_t i = 0; i < samples.size(); ++i) {
        samples[i] = static_cast<int16_t>(20000 * std::sin(2 * M_PI * static_cast<double>(i) / 8));
      }
    }
    const auto payload = audio_.encode(samples).value();
    const Instant at = arrival(time);
    const RtpTimestamp timestamp{static_cast<uint32_t>(time / 125us)};
    stream_.timeline().on_packet(MediaKind::Audio, timestamp, 8'000, at);
    stream_.write_audio(timestamp, false, payload, at);
  }
  void send_picture(Duration time) {
    const bool keyframe = time % 2s == 0s;
    const auto coded =
        video_.encode(time % 1s < 80ms ? white_ : black_,
                      keyframe ? ffmpeg::KeyframeWish::Now : ffmpeg::KeyframeWish::None);
    const h264::AvcSample sample = h264::to_avc(coded->bytes);
    NormalFrame frame;
    frame.timestamp = RtpTimestamp{static_cast<uint32_t>(time / 40ms * 3600)};
    frame.arrival = arrival(time);
    frame.keyframe = keyframe;
    if (keyframe) frame.payloads.push_back(aggregate(sample.sps.front(), sample.pps.front()));
    for (ByteReader in(sample.bytes); in.remaining() > 4;) {
      const BytesView nal = in.bytes(in.u32());
      frame.payloads.emplace_back(nal.begin(), nal.end());
    }
    stream_.timeline().on_packet(MediaKind::Video, frame.timestamp, 90'000, frame.arrival);
    stream_.write_frame(std::move(frame));
  }

 private:
  static Bytes aggregate(const Bytes& sps, const Bytes& pps) {  // RFC 6184 §5.7.1
    Bytes stap = {0x78};
    for (const Bytes* set : {&sps, &pps}) {
      ByteWriter(stap).u16(static_cast<uint16_t>(set->size()));
      ByteWriter(stap).bytes(*set);
    }
    return stap;
  }
  Stream& stream_;
  uint32_t jitter_ = 1;
  ffmpeg::YuvPicture black_{64, 48}, white_{64, 48};
  ffmpeg::AudioEncoder audio_ = ffmpeg::AudioEncoder::create({.codec = Codec::Pcmu}).value();
  ffmpeg::VideoEncoder video_ =
      ffmpeg::VideoEncoder::create(
          {.width = 64, .height = 48, .bitrate_kbit = 200, .gop_frames = 50})
          .value();
};

/// One output of the stream, as a push or a recording is one, into a file.
class Output {
 public:
  Output(ffmpeg::Container container, std::string path)
      : container_(container), path_(std::move(path)), file_(path_, std::ios::binary) {}
  const std::shared_ptr<FrameQueue>& sink() const { return queue_; }
  const std::string& path() const { return path_; }
  void work() {
    auto taken = queue_->take(Instant{});
    if (taken.tracks) sequencer_.set_tracks(*taken.tracks);
    EXPECT_FALSE(taken.lost);
    for (FramePtr& frame : taken.frames) sequencer_.push(std::move(frame));
    while (const auto step = sequencer_.next()) {
      if (const auto* begin = std::get_if<FrameSequencer::Begin>(&*step)) {
        ++begun_;
        start_ = begin->start;
        muxer_ = ffmpeg::Muxer::to_bytes(container_, begin->tracks,
                                         [this](BytesView bytes, ffmpeg::Muxer::Piece) {
                                           file_ << as_text(bytes);
                                           return file_.good();
                                         })
                     .value();
        continue;
      }
      const FramePtr& frame = std::get<FramePtr>(*step);
      ASSERT_TRUE(muxer_->write(frame, start_).has_value());
      if (frame->dts - cut_ >= 1s && frame->kind() == MediaKind::Audio) {
        cut_ = frame->dts;
        ASSERT_TRUE(muxer_->cut().has_value());
      }
    }
  }
  void finish() {
    work();
    ASSERT_TRUE(muxer_->finish().has_value());
    file_.close();
    EXPECT_EQ(begun_, 1);
  }

 private:
  ffmpeg::Container container_;
  std::string path_;
  std::ofstream file_;
  std::shared_ptr<FrameQueue> queue_ =
      std::make_shared<FrameQueue>(FrameQueue::Options{.max_span = kLength});
  FrameSequencer sequencer_;
  std::optional<ffmpeg::Muxer> muxer_;
  Instant start_, cut_;
  int begun_ = 0;
};

struct NoSource : StreamSource {
  void ask_keyframe(const KeyframeAsk&) override {}
};

std::string run(const std::string& command) {
  std::string out;
  const std::unique_ptr<std::FILE, decltype([](std::FILE* f) { ::pclose(f); })> pipe(
      ::popen(command.c_str(), "r"));
  std::array<char, 65536> piece;
  while (pipe && std::fgets(piece.data(), piece.size(), pipe.get()) != nullptr) out += piece.data();
  return out;
}

std::vector<double> numbers(const std::string& text) {
  std::vector<double> found;
  const char* at = text.c_str();
  for (char* end = nullptr;; at = end + 1) {
    const double number = std::strtod(at, &end);
    if (end == at) return found;
    found.push_back(number);
  }
}

void expect_rising(const std::string& path, const char* track, size_t least) {
  const auto dts = numbers(run("ffprobe -v error -select_streams " + std::string(track) +
                               " -show_entries packet=dts_time -of default=nk=1:nw=1 " + path));
  ASSERT_GT(dts.size(), least) << path << " " << track;
  for (size_t i = 1; i < dts.size(); ++i)
    ASSERT_GT(dts[i], dts[i - 1]) << path << " " << track << " " << i;
}

/// When pictures turn white, and when sound begins.
std::vector<double> flashes(const std::string& path) {
  return numbers(run("ffmpeg -hide_banner -nostdin -i " + path +
                     " -an -vf negate,blackdetect=d=0.02:pic_th=0.8 -f null - 2>&1 | grep -o "
                     "'black_start:[0-9.]*' | cut -d: -f2"));
}
std::vector<double> beeps(const std::string& path) {
  return numbers(run("ffmpeg -hide_banner -nostdin -i " + path +
                     " -vn -af silencedetect=n=-20dB:d=0.2 -f null - 2>&1 | grep -o 'silence_end: "
                     "[0-9.]*' | cut -d' ' -f2"));
}

TEST(TenMinutes, OfADriftingClockAndTwoHoldsStayInStep) {
  NoSource source;
  Stream stream(StreamName{"room1"}, Logger::none());
  FrameAssembler assembler({},
                           {.apart =
                                [](FrameAssembler::Task task) {
                                  task();
                                  return true;
                                },
                            .back = [](FrameAssembler::Task task) { task(); }},
                           stream, Logger::none());
  stream.set_source(&source);
  stream.set_tracks(
      {.audio = TrackInfo{.codec = Codec::Pcmu}, .video = TrackInfo{.codec = Codec::H264}});
  Output flv(ffmpeg::Container::Flv, ::testing::TempDir() + "ten_minutes.flv");
  Output mp4(ffmpeg::Container::FragmentedMp4, ::testing::TempDir() + "ten_minutes.mp4");
  for (Output* output : {&flv, &mp4}) {
    ASSERT_TRUE(assembler.add(output->sink(), FrameCodec::Aac, Instant(1000s)).has_value());
  }
  Phone phone(stream);
  for (Duration time = 0s; time < kLength; time += kAudioStep) {
    if (!on_hold(time)) {
      phone.send_audio(time);
      if (time % kPictureStep == 0s) phone.send_picture(time);
    }
    if (time % 100ms == 0s) {
      assembler.on_timer(phone.arrival(time));
      flv.work();
      mp4.work();
    }
  }
  const auto drift = stream.timeline().drift_ppm(MediaKind::Audio);
  ASSERT_TRUE(drift.has_value());
  EXPECT_NEAR(*drift, 100, 30);
  for (Output* output : {&flv, &mp4}) {
    const std::string& path = output->path();
    output->finish();
    EXPECT_EQ(run("ffprobe -v warning -show_entries format=nb_streams -of default=nk=1:nw=1 " +
                  path + " 2>&1"),
              "2\n");
    EXPECT_EQ(run("ffmpeg -v warning -nostdin -i " + path +
                  " -fps_mode passthrough -enc_time_base -1 -f null - 2>&1"),
              "");
    expect_rising(path, "v", 13'000);
    expect_rising(path, "a", 27'000);
    const auto white = flashes(path), loud = beeps(path);
    ASSERT_GT(white.size(), 530u) << path;
    size_t matched = 0;
    double worst = 0;
    for (const double flash : white) {
      double nearest = 1;
      for (const double beep : loud) {
        if (std::abs(beep - flash) < std::abs(nearest)) nearest = beep - flash;
      }
      if (std::abs(nearest) >= 0.5) continue;
      ++matched;
      worst = std::max(worst, std::abs(nearest));
    }
    EXPECT_GT(matched, 520u) << path;
    EXPECT_LE(worst, 0.040) << path;
    std::printf("%s: %zu flashes matched, A/V offset at most %.0f ms; drift %.0f ppm\n",
                path.c_str(), matched, worst * 1000, *drift);
    std::remove(path.c_str());
  }
}

}  // namespace
}  // namespace sipcast
