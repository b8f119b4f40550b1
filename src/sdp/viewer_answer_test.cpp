#include "sdp/viewer_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "sdp/session_description.hpp"
#include "sdp/test_offers.hpp"

namespace sipcast::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ViewerAnswerOptions stream(std::optional<Codec> audio, std::optional<Codec> video,
                           uint32_t profile = 0) {
  ViewerAnswerOptions options{.tracks = {},
                              .local_ufrag = "ufragABC",
                              .local_pwd = "pwdpwdpwdpwdpwdpwdpwdpwd",
                              .fingerprint = "sha-256 AA:BB",
                              .candidates = {*SocketAddress::parse("192.0.2.1", 8189),
                                             *SocketAddress::parse("2001:db8::1", 8190)},
                              .cname = "cn",
                              .audio_ssrc = Ssrc{11},
                              .video_ssrc = Ssrc{22},
                              .video_rtx_ssrc = Ssrc{33}};
  if (audio) options.tracks.audio = TrackInfo{.codec = *audio};
  if (video) options.tracks.video = TrackInfo{.codec = *video, .h264_profile_level_id = profile};
  return options;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST(AnswerViewer, TcpCandidatesArePassiveAndBehindUdp) {
  ViewerAnswerOptions options = stream(Codec::Pcmu, Codec::H264);
  options.candidates = {*SocketAddress::parse("192.0.2.1", 8189),
                        SocketAddress::parse("192.0.2.1", 8189)->as_tcp()};
  const auto answer = answer_viewer(testdata::kChromiumPlay, options);
  ASSERT_TRUE(answer.has_value()) << answer.error().cause;
  EXPECT_THAT(answer->sdp, HasSubstr("a=candidate:1 1 udp 2130706431 192.0.2.1 8189 typ host\r\n"
                                     "a=candidate:2 1 tcp 1520435199 192.0.2.1 8189 typ host "
                                     "tcptype passive\r\na=end-of-candidates\r\n"));
}

TEST(AnswerViewer, AnswersChromiumWithEveryLineItNeeds) {
  const auto answer =
      answer_viewer(testdata::kChromiumPlay, stream(Codec::Pcmu, Codec::H264, 0x42c01e));
  ASSERT_TRUE(answer.has_value()) << answer.error().cause;
  EXPECT_EQ(
      answer->sdp,
      "v=0\r\no=- 11 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=ice-lite\r\n"
      "m=audio 8189 UDP/TLS/RTP/SAVPF 0 111 9 8\r\nc=IN IP4 192.0.2.1\r\n"
      "a=ice-ufrag:ufragABC\r\na=ice-pwd:pwdpwdpwdpwdpwdpwdpwdpwd\r\n"
      "a=fingerprint:sha-256 AA:BB\r\na=setup:passive\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n"
      "a=rtcp-rsize\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:111 opus/48000/2\r\n"
      "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\n"
      "a=msid:sipcast audio\r\na=ssrc:11 cname:cn\r\n"
      "a=candidate:1 1 udp 2130706431 192.0.2.1 8189 typ host\r\n"
      "a=candidate:2 1 udp 2130706175 2001:db8::1 8190 typ host\r\na=end-of-candidates\r\n"
      "m=video 8189 UDP/TLS/RTP/SAVPF 108 109 96 97\r\nc=IN IP4 192.0.2.1\r\n"
      "a=ice-ufrag:ufragABC\r\na=ice-pwd:pwdpwdpwdpwdpwdpwdpwdpwd\r\n"
      "a=fingerprint:sha-256 AA:BB\r\na=setup:passive\r\na=mid:1\r\na=sendonly\r\na=rtcp-mux\r\n"
      "a=rtcp-rsize\r\na=rtpmap:108 H264/90000\r\n"
      "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
      "a=rtcp-fb:108 goog-remb\r\na=rtcp-fb:108 ccm fir\r\na=rtcp-fb:108 nack\r\n"
      "a=rtcp-fb:108 nack pli\r\na=rtpmap:109 rtx/90000\r\na=fmtp:109 apt=108\r\n"
      "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 ccm fir\r\n"
      "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\n"
      "a=fmtp:97 apt=96\r\na=msid:sipcast video\r\na=ssrc-group:FID 22 33\r\n"
      "a=ssrc:22 cname:cn\r\na=ssrc:33 cname:cn\r\n"
      "a=candidate:1 1 udp 2130706431 192.0.2.1 8189 typ host\r\n"
      "a=candidate:2 1 udp 2130706175 2001:db8::1 8190 typ host\r\na=end-of-candidates\r\n");
  EXPECT_EQ(answer->remote_ufrag, "reTy");
  EXPECT_EQ(answer->remote_pwd, "rjdLStjD+YHJY4z9i9WsIwGj");
  EXPECT_THAT(answer->remote_fingerprint, HasSubstr("sha-256 DE:5D:59"));
  EXPECT_EQ(answer->refused, "");
  EXPECT_EQ(answer->audio->payload_type, 0);
  EXPECT_EQ(answer->audio->ssrc, Ssrc{11});
  EXPECT_EQ(answer->video->payload_type, 108);
  EXPECT_EQ(answer->video->rtx_payload_type, 109);
  EXPECT_EQ(answer->video->ssrc, Ssrc{22});
  EXPECT_EQ(answer->video->rtx_ssrc, Ssrc{33});
  EXPECT_TRUE(answer->video->nack);
  ASSERT_EQ(answer->video->formats.size(), 2u);
  EXPECT_EQ(answer->video->formats[1].codec, Codec::Vp8);
  EXPECT_EQ(answer->video->formats[1].rtx_payload_type, 97);
}

TEST(AnswerViewer, TakesTheNearestH264Profile) {
  const struct {
    uint32_t profile;
    int payload_type;
  } cases[] = {{0, 108},        {0x42001e, 102}, {0x42e01f, 108}, {0x42c01e, 108},
               {0x4d401f, 116}, {0x64001f, 108}, {0xf4001f, 41}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.profile);
    const auto answer = answer_viewer(testdata::kChromiumPlay, stream({}, Codec::H264, c.profile));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->video->payload_type, c.payload_type);
  }
}

TEST(AnswerViewer, TakesPacketizationMode0OnlyWithoutMode1) {
  const std::string offer =
      replaced(testdata::kChromiumPlay, "packetization-mode=1", "packetization-mode=0");
  const auto answer = answer_viewer(offer, stream({}, Codec::H264));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->video->payload_type, 108);
  EXPECT_THAT(answer->sdp, HasSubstr("a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=0"));
}

TEST(AnswerViewer, RefusesUnusedLinesInTheirPlace) {
  const auto answer = answer_viewer(std::string(testdata::kChromiumPlay) +
                                        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n"
                                        "c=IN IP4 0.0.0.0\na=mid:2\na=sctp-port:5000\n",
                                    stream({}, Codec::Vp8));
  ASSERT_TRUE(answer.has_value());
  const auto session = parse_session(answer->sdp);
  ASSERT_EQ(session->media.size(), 3u);
  EXPECT_EQ(*session->find("group"), "BUNDLE 1");
  EXPECT_EQ(session->media[0].port, 0);
  EXPECT_TRUE(session->media[0].has("inactive"));
  EXPECT_EQ(*session->media[0].find("mid"), "0");
  EXPECT_EQ(session->media[1].formats, (std::vector<std::string>{"96", "97", "108", "109"}));
  EXPECT_EQ(session->media[2].port, 0);
  EXPECT_EQ(session->media[2].formats, std::vector<std::string>{"webrtc-datachannel"});
  EXPECT_FALSE(answer->audio.has_value());
  EXPECT_EQ(answer->refused, "");  // the stream has no audio
}

TEST(AnswerViewer, SaysWhatTheViewerMisses) {
  const auto answer = answer_viewer(testdata::kFirefoxLikePlay, stream(Codec::Opus, Codec::H264));
  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->video.has_value());
  EXPECT_EQ(answer->refused, "the stream's video is H264, the viewer offers VP8, rtx, VP9, rtx");
  EXPECT_EQ(answer->audio->payload_type, 109);
  const auto nothing = answer_viewer(testdata::kFirefoxLikePlay, stream({}, Codec::H264));
  ASSERT_FALSE(nothing.has_value());
  EXPECT_EQ(nothing.error().code, Errc::NoCommonCodec);
}

TEST(AnswerViewer, AnswersAnOfferInTheMannerOfFirefox) {
  const auto answer = answer_viewer(testdata::kFirefoxLikePlay, stream(Codec::G722, Codec::Vp8));
  ASSERT_TRUE(answer.has_value()) << answer.error().cause;
  EXPECT_EQ(answer->video->payload_type, 120);
  EXPECT_EQ(answer->video->rtx_payload_type, 124);
  EXPECT_EQ(answer->audio->payload_type, 9);
  EXPECT_THAT(answer->sdp, HasSubstr("a=fmtp:120 max-fs=12288;max-fr=60\r\n"));
  EXPECT_THAT(answer->sdp, Not(HasSubstr("transport-cc")));
  EXPECT_THAT(answer->sdp, Not(HasSubstr("extmap")));
  EXPECT_THAT(answer->remote_fingerprint, HasSubstr("sha-256 39:4A"));
  EXPECT_LT(answer->sdp.find("m=video"), answer->sdp.find("m=audio"));
}

TEST(AnswerViewer, BearsOffersThatTheSdkHasCut) {
  // stripCodecs "VP8,VP9,AV1,PCMA,PCMU,G722": rtx stays, some without apt, some pointing nowhere.
  std::string offer = replaced(testdata::kChromiumPlay, "a=rtpmap:96 VP8/90000\n", "");
  offer = replaced(offer, "a=fmtp:109 apt=108\n", "");
  offer = replaced(offer, " 96 97 ", " 97 ");
  offer = replaced(offer, "a=rtcp-fb:108 nack\n", "");
  const auto answer = answer_viewer(offer, stream(Codec::Opus, Codec::H264));
  ASSERT_TRUE(answer.has_value()) << answer.error().cause;
  EXPECT_EQ(answer->video->payload_type, 108);
  EXPECT_EQ(answer->video->rtx_payload_type, std::nullopt);
  EXPECT_FALSE(answer->video->nack);
  EXPECT_THAT(answer->sdp, Not(HasSubstr("FID")));
  EXPECT_THAT(answer->sdp, Not(HasSubstr("ssrc:33")));
  // A codec without its fmtp: H264 is then mode 0, and another one with mode 1 is better.
  const auto other = answer_viewer(
      replaced(
          testdata::kChromiumPlay,
          "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\n",
          ""),
      stream({}, Codec::H264));
  EXPECT_EQ(other->video->payload_type, 102);
}

TEST(AnswerViewer, TakesSendrecvAndNoDirection) {
  for (const char* direction : {"a=sendrecv\n", ""}) {
    const auto answer = answer_viewer(replaced(testdata::kChromiumPlay, "a=recvonly\n", direction),
                                      stream(Codec::Opus, Codec::H264));
    ASSERT_TRUE(answer.has_value());
    EXPECT_THAT(answer->sdp, HasSubstr("a=sendonly"));
    EXPECT_THAT(answer->sdp, Not(HasSubstr("sendrecv")));
  }
}

TEST(AnswerViewer, FindsTransportAtSessionLevelAndInTheBundle) {
  const auto lines = [](std::string_view text) { return std::string(text); };
  const std::string transport =
      "a=ice-ufrag:uuuu\na=ice-pwd:pppppppppppppppppppppp\na=fingerprint:sha-256 CC:DD\n"
      "a=setup:actpass\n";
  const std::string audio = "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:a\na=recvonly\na=rtcp-mux\n";
  const std::string at_session = "v=0\na=group:BUNDLE a v\n" + transport + audio +
                                 "m=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:v\na=recvonly\n"
                                 "a=rtcp-mux\na=rtpmap:96 VP8/90000\n";
  const std::string bundle_only = "v=0\na=group:BUNDLE a v\n" + audio + transport +
                                  "m=video 0 UDP/TLS/RTP/SAVPF 96\na=mid:v\na=recvonly\n"
                                  "a=bundle-only\na=rtpmap:96 VP8/90000\n";
  for (const std::string& offer : {lines(at_session), lines(bundle_only)}) {
    const auto answer = answer_viewer(offer, stream(Codec::Pcmu, Codec::Vp8));
    ASSERT_TRUE(answer.has_value()) << answer.error().cause;
    EXPECT_TRUE(answer->audio && answer->video);
    EXPECT_EQ(answer->remote_ufrag, "uuuu");
    EXPECT_EQ(answer->remote_fingerprint, "sha-256 CC:DD");
    EXPECT_THAT(answer->sdp, HasSubstr("a=group:BUNDLE a v\r\n"));
    EXPECT_THAT(answer->sdp, Not(HasSubstr("rtcp-rsize")));
  }
}

TEST(AnswerViewer, SendsOneTrackWithoutBundle) {
  const auto answer = answer_viewer(replaced(testdata::kChromiumPlay, "a=group:BUNDLE 0 1\n", ""),
                                    stream(Codec::Opus, Codec::H264));
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->video && !answer->audio);
  EXPECT_THAT(answer->refused, HasSubstr("BUNDLE"));
  EXPECT_THAT(answer->sdp, Not(HasSubstr("BUNDLE")));
}

TEST(AnswerViewer, RefusesWhatCannotPlay) {
  const std::string play = testdata::kChromiumPlay;
  const struct {
    const char* name;
    std::string offer;
    Errc code;
    const char* cause;
  } cases[] = {
      {"no SDP", "", Errc::BadSyntax, "v=0"},
      {"no media", "v=0\r\n", Errc::InvalidArgument, "no m=audio"},
      {"publish", testdata::kChromiumPublish, Errc::InvalidArgument,
       "m=audio (line 8): a=sendonly"},
      {"no fingerprint", replaced(play, "a=fingerprint", "a=x"), Errc::InvalidArgument,
       "fingerprint"},
      {"no ufrag", replaced(play, "a=ice-ufrag", "a=x"), Errc::InvalidArgument, "ufrag"},
      {"no pwd", replaced(play, "a=ice-pwd", "a=x"), Errc::InvalidArgument, "pwd"},
      {"no mux", replaced(play, "a=rtcp-mux", "a=x"), Errc::InvalidArgument, "rtcp-mux"},
      {"passive", replaced(play, "setup:actpass", "setup:passive"), Errc::InvalidArgument, "setup"},
      {"plain RTP", replaced(play, "UDP/TLS/RTP/SAVPF", "RTP/AVP"), Errc::InvalidArgument,
       "RTP/AVP"},
      {"refused by itself",
       replaced(replaced(play, "m=audio 9", "m=audio 0"), "m=video 9", "m=video 0"),
       Errc::InvalidArgument, "port is 0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto answer = answer_viewer(c.offer, stream(Codec::Opus, Codec::H264));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, c.code);
    EXPECT_THAT(answer.error().cause, HasSubstr(c.cause));
    const auto checked = check_viewer_offer(c.offer);
    ASSERT_FALSE(checked.has_value());
    EXPECT_EQ(checked.error().code, c.code);
  }
  EXPECT_TRUE(check_viewer_offer(play).has_value());
  EXPECT_FALSE(answer_viewer(play, stream({}, {})).has_value());
}

}  // namespace
}  // namespace sipcast::sdp
