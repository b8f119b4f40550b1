#include "phone/phone_options.hpp"

#include <gtest/gtest.h>

namespace sipcast::phone {
namespace {

Result<PhoneOptions> parse(std::vector<const char*> args) { return parse_phone_options(args); }

TEST(PhoneOptions, AnswersWithH264AndPcmuByDefault) {
  const auto options = parse({});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->listen.to_string(), "127.0.0.1:5070");
  EXPECT_EQ(options->video, VideoChoice::H264);
  EXPECT_EQ(options->audio, Codec::Pcmu);
  EXPECT_FALSE(options->registrar);
}

TEST(PhoneOptions, ReadsEveryOption) {
  const auto options = parse({"--listen",
                              "[::1]:5080",
                              "--register",
                              "sip:pbx.example:5062;transport=tcp",
                              "--user=alice",
                              "--password",
                              "secret",
                              "--domain",
                              "example.com",
                              "--video",
                              "h264-mode0",
                              "--audio",
                              "opus",
                              "--audio",
                              "beep",
                              "--timecode",
                              "clock-ms",
                              "--size",
                              "320x180",
                              "--fps",
                              "15",
                              "--bitrate",
                              "250",
                              "--gop",
                              "0.5",
                              "--ring",
                              "1.5",
                              "--early-media",
                              "--refuse",
                              "486",
                              "--dtmf",
                              "12#",
                              "--hang-up-after",
                              "3",
                              "--calls",
                              "2",
                              "--ignore-pli",
                              "--sprop-only",
                              "--bad-markers",
                              "--own-timestamps",
                              "--no-rtp",
                              "--burst-drop",
                              "5@2.5",
                              "--resize",
                              "480x270@4",
                              "--rtp-ports",
                              "20000-20100",
                              "--verbose"});
  ASSERT_TRUE(options) << options.error().cause;
  EXPECT_EQ(options->listen.to_string(), "[::1]:5080");
  ASSERT_TRUE(options->registrar);
  EXPECT_EQ(options->registrar->host, "pbx.example");
  EXPECT_EQ(options->registrar->port, 5062);
  EXPECT_TRUE(options->registrar->tcp);
  EXPECT_EQ(options->user, "alice");
  EXPECT_EQ(options->password, "secret");
  EXPECT_EQ(options->domain, "example.com");
  EXPECT_EQ(options->video, VideoChoice::H264Mode0);
  EXPECT_EQ(options->audio, Codec::Opus);
  EXPECT_EQ(options->sound, Sound::Beep);
  EXPECT_EQ(options->timecode, Timecode::ClockMs);
  EXPECT_EQ(options->width, 320);
  EXPECT_EQ(options->height, 180);
  EXPECT_EQ(options->fps, 15);
  EXPECT_EQ(options->bitrate_kbit, 250);
  EXPECT_EQ(options->gop, std::chrono::milliseconds(500));
  EXPECT_EQ(options->ring, std::chrono::milliseconds(1500));
  EXPECT_TRUE(options->early_media);
  EXPECT_EQ(options->refuse, 486);
  EXPECT_EQ(options->dtmf, "12#");
  EXPECT_EQ(options->hang_up_after, std::chrono::seconds(3));
  EXPECT_EQ(options->calls, 2u);
  EXPECT_TRUE(options->ignore_pli && options->sprop_only && options->bad_markers);
  EXPECT_TRUE(options->own_timestamps && options->no_rtp && options->verbose);
  ASSERT_TRUE(options->burst_drop);
  EXPECT_EQ(options->burst_drop->frames, 5u);
  EXPECT_EQ(options->burst_drop->every, std::chrono::milliseconds(2500));
  ASSERT_TRUE(options->resize);
  EXPECT_EQ(options->resize->width, 480);
  EXPECT_EQ(options->resize->height, 270);
  EXPECT_EQ(options->resize->at, std::chrono::seconds(4));
  EXPECT_EQ(options->rtp_first, 20'000);
  EXPECT_EQ(options->rtp_last, 20'100);
}

TEST(PhoneOptions, NamesWhatIsWrong) {
  struct Case {
    std::vector<const char*> args;
    const char* named;
  };
  const Case cases[] = {
      {{"--vidoe", "h264"}, "--vidoe"},
      {{"h264"}, "h264"},
      {{"--video"}, "--video"},
      {{"--video", "h265"}, "h265"},
      {{"--audio", "h264"}, "h264"},
      {{"--audio", ""}, "--audio"},
      {{"--no-rtp=1"}, "--no-rtp"},
      {{"--listen", "127.0.0.1"}, "--listen"},
      {{"--listen", "0.0.0.0:5060"}, "--listen"},
      {{"--listen", "127.0.0.1:70000"}, "70000"},
      {{"--register", "sip:"}, "--register"},
      {{"--register", "sip:a@b"}, "--register"},
      {{"--size", "641x360"}, "641x360"},
      {{"--size", "640"}, "--size"},
      {{"--fps", "0"}, "--fps"},
      {{"--bitrate", "1e3"}, "1e3"},
      {{"--gop", "-1"}, "--gop"},
      {{"--gop", "nan"}, "nan"},
      {{"--ring", "2s"}, "2s"},
      {{"--refuse", "200"}, "200"},
      {{"--dtmf", "12x"}, "12x"},
      {{"--burst-drop", "5"}, "--burst-drop"},
      {{"--resize", "480x270"}, "--resize"},
      {{"--burst-drop", "0@1"}, "0@1"},
      {{"--burst-drop", "1@0"}, "1@0"},
      {{"--rtp-ports", "2000"}, "--rtp-ports"},
      {{"--rtp-ports", "3000-2000"}, "--rtp-ports"},
      {{"--timecode", "utc"}, "utc"},
      {{"--video", "none", "--audio", "none"}, "--video none"},
      {{"--video", "vp8", "--sprop-only"}, "--sprop-only"},
      {{"--one-idr", "--gop", "1"}, "--one-idr"},
      {{"--audio", "none", "--dtmf", "1"}, "--dtmf"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.named);
    const auto options = parse(c.args);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, Errc::InvalidArgument);
    EXPECT_NE(options.error().cause.find(c.named), std::string::npos) << options.error().cause;
  }
}

TEST(PhoneOptions, AreAllInTheHelp) {
  const std::string usage = phone_usage();
  for (const char* name : {"--listen", "--register", "--burst-drop", "--own-timestamps"}) {
    EXPECT_NE(usage.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace sipcast::phone
