#include "sdp/sip_media.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sdp/session_description.hpp"

namespace sipcast::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

SipLocal local_side() {
  return {.ip = "192.0.2.1", .audio_port = 30000, .video_port = 30002, .session_id = 77};
}

std::string answer(std::string_view media) {
  return "v=0\r\no=- 53655765 2353687637 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\n"
         "t=0 0\r\n" +
         std::string(media);
}

std::vector<int> payload_types(const SipMedia& media) {
  std::vector<int> types;
  for (const SipCodec& codec : media.receive) types.push_back(codec.payload_type);
  return types;
}

// lab/sipp/*.xml
constexpr char kAudioPlain[] =
    "m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n";
constexpr char kAudioEvents[] =
    "m=audio 20000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

TEST(MakeOffer, WritesEveryCodecAndOurPorts) {
  EXPECT_EQ(make_offer(local_side()),
            "v=0\r\no=- 77 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
            "m=audio 30000 RTP/AVP 111 9 8 0 101 110\r\n"
            "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n"
            "a=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
            "a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15\r\na=sendrecv\r\n"
            "m=video 30002 RTP/AVP 96 97 98\r\n"
            "a=rtpmap:96 H264/90000\r\n"
            "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1\r\n"
            "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\n"
            "a=rtpmap:97 H264/90000\r\n"
            "a=fmtp:97 profile-level-id=42e01f;packetization-mode=0;level-asymmetry-allowed=1\r\n"
            "a=rtcp-fb:97 nack pli\r\na=rtcp-fb:97 ccm fir\r\n"
            "a=rtpmap:98 VP8/90000\r\na=rtcp-fb:98 nack pli\r\na=rtcp-fb:98 ccm fir\r\n"
            "a=sendrecv\r\n");
}

TEST(MakeOffer, LeavesOutWhatHasNoPort) {
  SipLocal local = local_side();
  local.ip = "2001:db8::1";
  local.audio_port = 0;
  const std::string offer = make_offer(local);
  EXPECT_THAT(offer, Not(HasSubstr("m=audio")));
  EXPECT_THAT(offer, HasSubstr("c=IN IP6 2001:db8::1\r\n"));
}

TEST(ReadAnswer, TakesThePlainAnswersOfTheLab) {
  for (const std::string& media : {std::string(kAudioPlain), std::string(kAudioEvents),
                                   kAudioPlain + std::string("m=video 0 RTP/AVP 96\r\n"),
                                   std::string("m=audio 20000 RTP/AVP 0\r\n")}) {
    SCOPED_TRACE(media);
    const auto agreement = read_answer(answer(media), local_side());
    ASSERT_TRUE(agreement.has_value()) << agreement.error().cause;
    ASSERT_TRUE(agreement->audio.has_value());
    EXPECT_FALSE(agreement->video.has_value());
    EXPECT_EQ(agreement->audio->send.codec, Codec::Pcmu);
    EXPECT_THAT(payload_types(*agreement->audio), ElementsAre(0));
    EXPECT_EQ(agreement->audio->remote_rtp.to_string(), "198.51.100.7:20000");
    EXPECT_EQ(agreement->audio->remote_rtcp.to_string(), "198.51.100.7:20001");
    EXPECT_EQ(agreement->audio->direction, Direction::SendRecv);
    EXPECT_EQ(agreement->audio->telephone_event.has_value(), media == kAudioEvents);
  }
}

TEST(ReadAnswer, TakesAudioAndH264WithFeedback) {
  const auto agreement = read_answer(
      answer(
          std::string(kAudioPlain) +
          "m=video 20002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
          "a=fmtp:96 "
          "profile-level-id=42c01e;packetization-mode=1;sprop-parameter-sets=Z0LAHqs=,aM48gA==\r\n"
          "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\na=sendrecv\r\n"),
      local_side());
  ASSERT_TRUE(agreement.has_value()) << agreement.error().cause;
  const SipMedia& video = agreement->video.value();
  EXPECT_EQ(video.send.codec, Codec::H264);
  EXPECT_EQ(video.send.packetization_mode, 1);
  EXPECT_EQ(video.send.profile_level_id, 0x42c01eu);
  EXPECT_EQ(video.send.parameter_sets.size(), 2u);
  EXPECT_TRUE(video.nack_pli && video.ccm_fir);
}

TEST(ReadAnswer, TakesManyCodecs) {
  const auto agreement =
      read_answer(answer("m=audio 20000 RTP/AVP 8 0 111 110\r\na=rtpmap:111 opus/48000/2\r\n"
                         "a=rtpmap:110 telephone-event/48000\r\nm=video 5 RTP/AVP 97 96\r\n"),
                  local_side());
  ASSERT_TRUE(agreement.has_value()) << agreement.error().cause;
  EXPECT_EQ(agreement->audio->send.codec, Codec::Pcma);
  EXPECT_THAT(payload_types(*agreement->audio), ElementsAre(8, 0, 111));
  EXPECT_EQ(agreement->audio->telephone_event, 110);
  // Dynamic numbers without rtpmap mean what our offer says.
  EXPECT_EQ(agreement->video->send.packetization_mode, 0);
  EXPECT_THAT(payload_types(*agreement->video), ElementsAre(97, 96));
}

TEST(ReadAnswer, TakesOtherNumbersByName) {
  const auto agreement = read_answer(
      answer("m=audio 20000 RTP/AVP 97\r\na=rtpmap:97 OPUS/48000/2\r\n"
             "m=video 20002 RTP/AVP 99 96\r\na=rtpmap:99 h264/90000\r\n"
             "a=fmtp:99 packetization-mode=1\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:* nack pli\r\n"),
      local_side());
  ASSERT_TRUE(agreement.has_value()) << agreement.error().cause;
  EXPECT_EQ(agreement->audio->send.payload_type, 97);
  EXPECT_THAT(payload_types(*agreement->audio), ElementsAre(97, 111));
  // 96 is VP8 for the peer, so our own 96 for H264 is not taken as that.
  EXPECT_EQ(agreement->video->send.payload_type, 99);
  EXPECT_THAT(payload_types(*agreement->video), ElementsAre(99, 96, 98));
  EXPECT_TRUE(agreement->video->nack_pli);
  EXPECT_FALSE(agreement->video->ccm_fir);
}

TEST(ReadAnswer, ReadsWhereRtcpGoes) {
  const struct {
    const char* lines;
    const char* rtcp;
    bool mux;
  } cases[] = {
      {"", "198.51.100.7:20001", false},
      {"a=rtcp:53020\r\n", "198.51.100.7:53020", false},
      {"a=rtcp:53020 IN IP4 203.0.113.9\r\n", "203.0.113.9:53020", false},
      {"a=rtcp-mux\r\na=rtcp:53020\r\n", "198.51.100.7:20000", true},
      {"a=rtcp:0\r\n", "198.51.100.7:20001", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.lines);
    const auto agreement = read_answer(answer(std::string(kAudioPlain) + c.lines), local_side());
    ASSERT_TRUE(agreement.has_value());
    EXPECT_EQ(agreement->audio->remote_rtcp.to_string(), c.rtcp);
    EXPECT_EQ(agreement->audio->rtcp_mux, c.mux);
  }
  const auto last_port = read_answer(answer("m=audio 65535 RTP/AVP 0\r\n"), local_side());
  EXPECT_EQ(last_port->audio->remote_rtcp.port(), 65535);
}

TEST(ReadAnswer, KnowsEveryKindOfHold) {
  const struct {
    const char* lines;
    Direction ours;
    Direction expected;
  } cases[] = {
      {"a=sendonly\r\n", Direction::SendRecv, Direction::RecvOnly},
      {"a=recvonly\r\n", Direction::SendRecv, Direction::SendOnly},
      {"a=inactive\r\n", Direction::SendRecv, Direction::Inactive},
      {"", Direction::RecvOnly, Direction::RecvOnly},
      {"a=recvonly\r\n", Direction::RecvOnly, Direction::Inactive},
      {"c=IN IP4 0.0.0.0\r\n", Direction::SendRecv, Direction::RecvOnly},
      {"c=IN IP4 203.0.113.4/127\r\n", Direction::SendRecv, Direction::SendRecv},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.lines);
    SipLocal local = local_side();
    local.direction = c.ours;
    const auto agreement =
        read_answer(answer("m=audio 20000 RTP/AVP 0\r\n" + std::string(c.lines)), local);
    ASSERT_TRUE(agreement.has_value());
    EXPECT_EQ(agreement->audio->direction, c.expected);
  }
}

TEST(ReadAnswer, RefusesWithAReason) {
  const std::string audio = kAudioPlain;
  const struct {
    const char* name;
    std::string text;
    Errc code;
    const char* cause;
  } cases[] = {
      {"no SDP", "hello", Errc::BadSyntax, "v=0"},
      {"more m-lines", answer(audio + "m=video 0 RTP/AVP 96\r\nm=audio 0 RTP/AVP 0\r\n"),
       Errc::InvalidArgument, "(line 11)"},
      {"wrong order", answer("m=video 5 RTP/AVP 96\r\n"), Errc::InvalidArgument,
       "audio was offered"},
      {"no address", "v=0\r\n" + audio, Errc::InvalidArgument, "c="},
      {"host name", "v=0\r\nc=IN IP4 phone.example\r\n" + audio, Errc::InvalidArgument,
       "phone.example"},
      {"all refused", answer("m=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n"),
       Errc::NoCommonCodec, "refused"},
      {"H.263 only",
       answer("m=audio 0 RTP/AVP 0\r\nm=video 9 RTP/AVP 34\r\na=rtpmap:34 H263/90000\r\n"),
       Errc::NoCommonCodec, "H263"},
      {"SRTP", answer("m=audio 9 RTP/SAVP 0\r\n"), Errc::NoCommonCodec, "RTP/SAVP"},
      {"nothing", answer(""), Errc::NoCommonCodec, "opus, G722, PCMA, PCMU"},
      {"mode 2",
       answer("m=audio 0 RTP/AVP 0\r\nm=video 9 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
              "a=fmtp:96 packetization-mode=2\r\n"),
       Errc::NoCommonCodec, "H264"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto agreement = read_answer(c.text, local_side());
    ASSERT_FALSE(agreement.has_value());
    EXPECT_EQ(agreement.error().code, c.code);
    EXPECT_THAT(agreement.error().cause, HasSubstr(c.cause));
  }
}

TEST(MakeAnswer, AnswersTheCallerOfTheLab) {  // uac-av.xml
  const auto result = make_answer(
      answer("m=audio 6000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
             "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
             "m=video 6002 RTP/AVP 99\r\nb=AS:1500\r\na=rtpmap:99 H264/90000\r\n"
             "a=fmtp:99 profile-level-id=42e01f;packetization-mode=1\r\na=rtcp-fb:* nack pli\r\n"
             "a=rtcp-fb:* ccm fir\r\na=sendrecv\r\n"),
      local_side());
  ASSERT_TRUE(result.has_value()) << result.error().cause;
  EXPECT_EQ(result->sdp,
            "v=0\r\no=- 77 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
            "m=audio 30000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
            "m=video 30002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
            "a=fmtp:99 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1\r\n"
            "a=rtcp-fb:99 nack pli\r\na=rtcp-fb:99 ccm fir\r\na=sendrecv\r\n");
  EXPECT_EQ(result->agreement.video->send.payload_type, 99);
  EXPECT_EQ(result->agreement.video->remote_rtp.port(), 6002);
}

TEST(MakeAnswer, KeepsTheOrderAndRefusesTheRest) {
  SipLocal local = local_side();
  local.session_version = 3;
  const auto result = make_answer(
      answer("m=application 9 UDP/BFCP *\r\nm=video 7 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
             "m=video 8 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\nm=audio 9 RTP/SAVP 0\r\n"
             "m=audio 5 RTP/AVPF 18 0\r\na=sendonly\r\na=rtcp-mux\r\n"),
      local);
  ASSERT_TRUE(result.has_value()) << result.error().cause;
  const auto session = parse_session(result->sdp);
  ASSERT_TRUE(session.has_value());
  std::vector<std::string> lines;
  for (const auto& media : session->media)
    lines.push_back(media.kind + " " + std::to_string(media.port) + " " + media.protocol);
  EXPECT_THAT(lines, ElementsAre("application 0 UDP/BFCP", "video 30002 RTP/AVP", "video 0 RTP/AVP",
                                 "audio 0 RTP/SAVP", "audio 30000 RTP/AVPF"));
  EXPECT_TRUE(session->media[4].has("recvonly"));
  EXPECT_TRUE(session->media[4].has("rtcp-mux"));
  EXPECT_EQ(session->origin, "- 77 3 IN IP4 192.0.2.1");
  EXPECT_EQ(result->agreement.audio->direction, Direction::RecvOnly);
}

TEST(MakeAnswer, RefusesWithAReason) {
  const auto none = make_answer(answer("m=audio 5 RTP/AVP 18\r\n"), local_side());
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, Errc::NoCommonCodec);
  SipLocal audio_only = local_side();
  audio_only.video_port = 0;
  EXPECT_FALSE(
      make_answer(answer("m=video 5 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\n"), audio_only));
}

TEST(OfferAnswer, ComesRoundForEachCodecAndMode) {
  struct Case {
    Codec audio, video;
    std::vector<uint8_t> offered_modes, answered_modes;
    std::optional<uint8_t> video_type;
  };
  const Case cases[] = {
      {Codec::Opus, Codec::H264, {1, 0}, {1, 0}, 96}, {Codec::G722, Codec::H264, {1, 0}, {0}, 97},
      {Codec::Pcma, Codec::H264, {0, 1}, {1, 0}, 97}, {Codec::Pcmu, Codec::Vp8, {1, 0}, {1, 0}, 98},
      {Codec::Pcmu, Codec::H264, {1}, {0}, {}},  // baresip with pm=0: m=video 0
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(codec_name(c.audio));
    SipLocal caller = local_side();
    caller.h264_modes = c.offered_modes;
    caller.parameter_sets = {{0x67, 0x64, 0x00, 0x1f, 0xab}, {0x68, 0xce}};
    SipLocal called{.ip = "198.51.100.7",
                    .audio_port = 4000,
                    .video_port = 4002,
                    .audio_codecs = {c.audio},
                    .video_codecs = {c.video},
                    .h264_modes = c.answered_modes,
                    .parameter_sets = {{0x67, 0x42, 0xc0, 0x1e, 0xab}, {0x68, 0xce}}};
    const auto made = make_answer(make_offer(caller), called);
    ASSERT_TRUE(made.has_value()) << made.error().cause;
    const auto read = read_answer(made->sdp, caller);
    ASSERT_TRUE(read.has_value()) << read.error().cause;
    EXPECT_EQ(made->agreement.audio->send.codec, c.audio);
    EXPECT_EQ(read->audio->send.codec, c.audio);
    EXPECT_EQ(read->audio->telephone_event, c.audio == Codec::Opus ? 110 : 101);
    EXPECT_EQ(made->agreement.audio->telephone_event, read->audio->telephone_event);
    EXPECT_EQ(read->audio->remote_rtp.port(), 4000);
    EXPECT_EQ(made->agreement.audio->remote_rtp.port(), 30000);
    ASSERT_EQ(read->video.has_value(), c.video_type.has_value());
    ASSERT_EQ(made->agreement.video.has_value(), c.video_type.has_value());
    if (!c.video_type) continue;
    EXPECT_EQ(read->video->send.payload_type, *c.video_type);
    EXPECT_THAT(payload_types(*read->video), ElementsAre(*c.video_type));
    EXPECT_TRUE(read->video->nack_pli && read->video->ccm_fir);
    if (c.video == Codec::H264) {
      EXPECT_EQ(read->video->send.parameter_sets, called.parameter_sets);
      EXPECT_EQ(made->agreement.video->send.parameter_sets, caller.parameter_sets);
      EXPECT_EQ(read->video->send.packetization_mode, *c.video_type == 96 ? 1 : 0);
    }
  }
}

TEST(SipMedia, SaysWhatDevicesWantToRead) {
  SipLocal local = {.ip = "192.0.2.1", .video_port = 30002, .direction = Direction::RecvOnly};
  local.h264_modes = {0};
  local.video = {.h264_profile = 0x4d00,
                 .h264_level = 40,
                 .max_fs = 3600,
                 .max_mbps = 108000,
                 .max_br = 1500,
                 .width = 1280,
                 .height = 720,
                 .kbit = 1500};
  const std::string offer = make_offer(local);
  for (const char* line :
       {"a=fmtp:97 profile-level-id=4d0028;packetization-mode=0;level-asymmetry-allowed=1;"
        "max-fs=3600;max-mbps=108000;max-br=1500\r\n",
        "b=AS:1500\r\n", "b=TIAS:1500000\r\n", "a=imageattr:* recv [x=1280,y=720]\r\n",
        "a=recvonly\r\n"}) {
    EXPECT_NE(offer.find(line), std::string::npos) << line << offer;
  }
  EXPECT_EQ(offer.find("a=rtpmap:96"), std::string::npos) << "mode 1 is not offered";
  EXPECT_LT(offer.find("b=AS"), offer.find("a=rtpmap")) << "RFC 8866 §5";
  const auto agreed = read_answer(
      "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n"
      "m=video 4000 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=sendonly\r\n",
      local);
  ASSERT_TRUE(agreed);
  EXPECT_EQ(agreed->video->direction, Direction::RecvOnly);
  const auto answer = make_answer(make_offer({.ip = "192.0.2.2", .video_port = 5000}), local);
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->sdp.find("b=TIAS:1500000"), std::string::npos);
  EXPECT_NE(answer->sdp.find("imageattr"), std::string::npos);
  EXPECT_EQ(make_offer({.ip = "192.0.2.1", .video_port = 1}).find("imageattr"), std::string::npos);
}

}  // namespace
}  // namespace sipcast::sdp
