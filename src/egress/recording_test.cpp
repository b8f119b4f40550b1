#include "egress/recording.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "ffmpeg/container_audio_encoder.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;
namespace fs = std::filesystem;

class RecordingTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "sipcast-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  Recording::Options options() {
    return {.directory = folder_,
            .stream = "room/1",
            .recorded = [this](const std::string& path, const RecordManifest& manifest) {
              manifests_.push_back(manifest);
              EXPECT_TRUE(write_manifest(path + ".json", manifest).has_value());
            }};
  }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }
  /// Seconds [from, to) of silence.
  void sound(Recording& recording, int from, int to, bool filled = false) {
    for (Duration t = from * 1s; t < to * 1s; t += 20ms) {
      recording.sink()->on_frame(std::make_shared<Frame>(Frame{.format = format_,
                                                               .pts = Instant(t),
                                                               .dts = Instant(t),
                                                               .duration = 20ms,
                                                               .keyframe = true,
                                                               .payload = {0x01, 0x18, 0x20},
                                                               .filled = filled}));
    }
  }

  std::string folder_;
  std::vector<RecordManifest> manifests_;
  FrameFormatPtr format_ = ffmpeg::ContainerAudioEncoder::create(FrameCodec::Aac, 64'000)->format();
};

TEST_F(RecordingTest, IsAPartUntilItEndsAndThenHasItsNameAndAManifest) {
  Recording recording(options(), Logger::none());
  recording.sink()->on_tracks({.audio = TrackInfo{Codec::Pcmu}, .video = {}});
  sound(recording, 0, 4);
  EXPECT_TRUE(recording.work());
  ASSERT_EQ(files().size(), 1u);
  EXPECT_TRUE(files()[0].starts_with("room_1-"));
  EXPECT_TRUE(files()[0].ends_with(".mp4.part"));
  EXPECT_GE(recording.stats().written, 3s);
  recording.sink()->on_end(EndReason::SourceStopped);
  EXPECT_FALSE(recording.work());
  ASSERT_EQ(files().size(), 2u);
  EXPECT_TRUE(files()[0].ends_with(".mp4"));
  EXPECT_TRUE(files()[1].ends_with(".mp4.json"));
}

TEST_F(RecordingTest, TheManifestTellsOfGapsHoldsAndClocks) {
  Recording recording(options(), Logger::none());
  recording.sink()->on_tracks({.audio = TrackInfo{Codec::Pcmu}, .video = {}});
  recording.sink()->on_clock({.drift_ppm = 42.0, .lip_sync = true});
  recording.note_hold(false, Instant(500ms));
  sound(recording, 0, 2);
  recording.note_hold(true, Instant(2s));
  sound(recording, 2, 5, true);
  recording.note_hold(false, Instant(5s));
  sound(recording, 5, 7);
  recording.note_hold(true, Instant(6s));
  EXPECT_TRUE(recording.work());
  recording.finish();
  ASSERT_EQ(manifests_.size(), 1u);
  const RecordManifest& told = manifests_[0];
  ASSERT_EQ(told.audio_gaps.size(), 1u);
  EXPECT_EQ(to_ms(told.audio_gaps[0].from), 2000);
  EXPECT_EQ(to_ms(told.audio_gaps[0].to), 5000);
  ASSERT_EQ(told.holds.size(), 2u);
  EXPECT_EQ(to_ms(told.holds[0].from), 2000);
  EXPECT_EQ(to_ms(told.holds[1].to), 7000) << "cut at the end of the file";
  EXPECT_EQ(told.clock_drift_ppm, 42.0);
  const std::string json = to_json(told);
  for (const char* part : {R"("holds":[{"fromMs":2000,"toMs":5000},{"fromMs":6000,"toMs":7000}])",
                           R"("audioStartMs":0)", R"("videoStartMs":null)", R"("lipSync":true)",
                           R"("clockDriftPpm":42.0)", R"("stream":"room/1")"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
  }
}

TEST(RecordManifest, StrangersTextIsQuoted) {
  const std::string json = to_json({.stream = "a\"b\\c\n\xff"});
  EXPECT_NE(json.find(R"("stream":"a\"b\\c\u000a?")"), std::string::npos) << json;
}

TEST_F(RecordingTest, BeginsAnotherFileWhenItIsFullOrAskedTo) {
  auto wanted = options();
  wanted.rotate_after = 2s;
  Recording recording(wanted, Logger::none());
  recording.sink()->on_tracks({.audio = TrackInfo{Codec::Pcmu}, .video = {}});
  sound(recording, 0, 5);
  EXPECT_TRUE(recording.work());
  EXPECT_EQ(recording.stats().files_total, 3u);
  recording.request_rotation();
  EXPECT_TRUE(recording.work());
  sound(recording, 5, 6);
  EXPECT_TRUE(recording.work());
  EXPECT_EQ(recording.stats().files_total, 4u);
  recording.finish();
  EXPECT_EQ(files().size(), 8u) << "four files, four manifests";
}

TEST_F(RecordingTest, SaysWhyItFailed) {
  auto wanted = options();
  wanted.directory = "/dev/null/records";
  Recording recording(wanted, Logger::none());
  recording.sink()->on_tracks({.audio = TrackInfo{Codec::Pcmu}, .video = {}});
  sound(recording, 0, 1);
  EXPECT_FALSE(recording.work());
  EXPECT_NE(recording.stats().cause.find("Not a directory"), std::string::npos);
}

TEST_F(RecordingTest, WhatADeadServerLeftIsCutAndNamed) {
  {
    Recording recording(options(), Logger::none());
    recording.sink()->on_tracks({.audio = TrackInfo{Codec::Pcmu}, .video = {}});
    sound(recording, 0, 3);
    EXPECT_TRUE(recording.work());
  }  // never finished
  ASSERT_EQ(files().size(), 1u);
  const std::string part = folder_ + "/" + files()[0];
  const auto whole = fs::file_size(part);
  std::ofstream(part, std::ios::app) << "half a fragment";
  std::ofstream(folder_ + "/empty.mp4.part") << "nothing";
  std::ofstream(folder_ + "/other.txt") << "not ours";
  const auto stats = repair_recordings(folder_);
  EXPECT_EQ(stats.finished, 1u);
  EXPECT_EQ(stats.discarded, 1u);
  EXPECT_FALSE(fs::exists(part));
  EXPECT_EQ(fs::file_size(part.substr(0, part.size() - 5)), whole);
  EXPECT_TRUE(fs::exists(folder_ + "/other.txt"));
  EXPECT_EQ(repair_recordings("/no/such/folder").finished, 0u);
}

TEST(ExpandFileName, NeverLeavesTheFolder) {
  const std::map<std::string, std::string> values = {{"streamName", "../../etc/x"}, {"a", ""}};
  EXPECT_EQ(expand_file_name("{streamName}-1", values), "_.._.._etc_x-1");
  EXPECT_EQ(expand_file_name("a/b\\c d", values), "a_b_c_d");
  EXPECT_EQ(expand_file_name("{a}", values), "_");
  EXPECT_EQ(expand_file_name("{endTime}{", values), "{endTime}_");
  EXPECT_EQ(expand_file_name(std::string(500, 'x'), values).size(), 200u);
}

}  // namespace
}  // namespace sipcast
