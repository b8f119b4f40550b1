#include "control/v1/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace sipcast::v1 {
namespace {

using testing::HasSubstr;
namespace json = boost::json;

class Explain : public testing::Test {
 protected:
  Explain() {
    info.asked.id = CallId{"c1"};
    info.asked.stream = StreamName{"room1"};
    info.asked.has_video = true;
  }
  void phone_says(const std::string& lines) {
    const std::string sdp =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + lines;
    trace.add_message({.at = {},
                       .sent = false,
                       .local = {},
                       .remote = {},
                       .size = sdp.size(),
                       .text = "SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nContent-Type: "
                               "application/sdp\r\nContent-Length: " +
                               std::to_string(sdp.size()) + "\r\n\r\n" + sdp});
  }
  json::object explained() {
    return explain({.trace = trace, .info = info, .media = media}, viewers, pushes, recordings);
  }

  CallTrace trace{Instant{}, WallTime{}};
  CallInfo info;
  MediaWorker::CallActivity media;
  std::vector<ViewerInfo> viewers;
  std::vector<PushInfo> pushes;
  std::vector<RecordingInfo> recordings;
};

constexpr char kAudio[] = "m=audio 4000 RTP/AVP 0\r\n";
constexpr char kVideo[] =
    "m=video 4002 RTP/AVP 97 96\r\na=rtpmap:97 VP8/90000\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1\r\n";

TEST_F(Explain, TheLineOfThePhonesAnswerThatDecidedIsShown) {
  phone_says(std::string(kAudio) + kVideo);
  media.stream.tracks = {
      .audio = TrackInfo{.codec = Codec::Pcmu},
      .video = TrackInfo{.codec = Codec::H264, .h264_profile_level_id = 0x42e01f}};
  media.stream.sps_profile_level_id = 0x64001f;
  media.stream.stats.frames_stepped_back_total = 3;
  media.stream.keyframes.deaf = true;
  media.rtp_packets = 1;
  const json::object all = explained();
  const json::object& phone = all.at("phone").as_object();
  EXPECT_EQ(phone.at("audio").at("handling"), "passed_through");
  EXPECT_EQ(phone.at("audio").at("sdp").at(0), "m=audio 4000 RTP/AVP 0");
  EXPECT_EQ(phone.at("video").at("handling"), "repacketised");
  EXPECT_EQ(json::serialize(phone.at("video").at("sdp")),
            R"(["m=video 4002 RTP/AVP 97 96","a=rtpmap:96 H264/90000",)"
            R"("a=fmtp:96 profile-level-id=42e01f;packetization-mode=1"])");
  EXPECT_EQ(json::serialize(phone.at("h264")),
            R"({"agreed_profile_level_id":"42e01f","sps_profile_level_id":"64001f",)"
            R"("b_frames":true})");
  const std::string remarks = json::serialize(all.at("remarks"));
  for (const char* said : {"B-frames", "ignores requests for keyframes", "42e01f and sends 64001f"})
    EXPECT_THAT(remarks, HasSubstr(said));
}

TEST_F(Explain, ARefusedTrackSaysWhoRefusedIt) {
  phone_says(std::string(kAudio) + "m=video 0 RTP/AVP 96\r\n");
  media.stream.tracks = {.audio = TrackInfo{.codec = Codec::Pcmu}, .video = {}};
  const json::object all = explained();
  const json::value& video = all.at("phone").at("video");
  EXPECT_EQ(video.at("handling"), "refused");
  EXPECT_THAT(json::serialize(video), HasSubstr("its port is 0"));
  EXPECT_EQ(video.at("sdp").at(0), "m=video 0 RTP/AVP 96");
  EXPECT_EQ(all.at("remarks").at(0), "no RTP has come from the phone yet");
}

TEST_F(Explain, BeforeTheAnswerNothingIsKnown) {
  EXPECT_EQ(explained().at("phone").at("audio").at("handling"), "none");
  info.asked.has_video = false;
  EXPECT_EQ(explained().at("phone").at("video").at("why"), "the call is without video");
}

TEST_F(Explain, ViewersAndFilesHaveTheirOwnHandling) {
  phone_says(std::string(kAudio) + kVideo);
  media.stream.tracks = {.audio = TrackInfo{.codec = Codec::Pcmu},
                         .video = TrackInfo{.codec = Codec::H264}};
  viewers.push_back({.id = ViewerId{7},
                     .stream = StreamName{"room1"},
                     .state = ViewerState::Playing,
                     .plays = {.audio_codec = "PCMU",
                               .video_codec = "",
                               .refused = "video: the phone sends H264, the viewer offers VP8"},
                     .formats = "a=rtpmap:111 opus/48000/2\na=fmtp:111 useinbandfec=1\n"
                                "a=rtpmap:0 PCMU/8000\n"});
  viewers.push_back({.id = ViewerId{8}, .stream = StreamName{"room1"}});
  pushes.push_back({.id = "p1", .stream = StreamName{"room1"}, .shown_url = "rtmp://host/app"});
  recordings.push_back({.stream = StreamName{"room1"}, .stats = {.audio = FrameCodec::Opus}});
  const json::object all = explained();
  const json::value& viewer = all.at("viewers").at(0);
  EXPECT_EQ(viewer.at("viewer"), "0000000000000007");
  EXPECT_EQ(json::serialize(viewer.at("audio").at("sdp")), R"(["a=rtpmap:0 PCMU/8000"])");
  EXPECT_EQ(viewer.at("video").at("handling"), "refused");
  EXPECT_EQ(viewer.at("video").at("why"), "video: the phone sends H264, the viewer offers VP8");
  EXPECT_EQ(all.at("viewers").at(1).at("audio").at("why"), "it waits for the codecs of the phone");
  const json::value& push = all.at("outputs").at(0);
  EXPECT_EQ(push.at("audio").at("handling"), "transcoded");
  EXPECT_EQ(push.at("video").at("handling"), "repacketised");
  const json::value& recording = all.at("outputs").at(1);
  EXPECT_EQ(recording.at("audio").at("why"), "the file gets Opus, and the phone sends PCMU");
}

}  // namespace
}  // namespace sipcast::v1
