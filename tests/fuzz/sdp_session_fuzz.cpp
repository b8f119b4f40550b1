#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "sdp/session_description.hpp"
#include "sdp/sip_media.hpp"
#include "sdp/trickle_fragment.hpp"
#include "sdp/viewer_answer.hpp"

using namespace sipcast;
using namespace sipcast::sdp;

namespace {

SipLocal local_side(SrtpMode srtp) {
  return {.ip = "192.0.2.1",
          .audio_port = 30000,
          .video_port = 30002,
          .srtp = srtp,
          .audio_keys = {SdesKey{}, SdesKey{.suite = SrtpSuite::Sha1_32}},
          .video_keys = {SdesKey{}, SdesKey{.suite = SrtpSuite::Sha1_32}},
          .dtls_fingerprint = "sha-256 AA:BB",
          .parameter_sets = {{0x67, 0x42, 0xc0, 0x1e, 0xab}, {0x68, 0xce, 0x3c, 0x80}}};
}

ViewerAnswerOptions viewer_side(Codec audio, Codec video) {
  return {.tracks = {.audio = TrackInfo{.codec = audio},
                     .video = TrackInfo{.codec = video, .h264_profile_level_id = 0x64001f}},
          .local_ufrag = "ufrag",
          .local_pwd = "0123456789012345678901",
          .fingerprint = "sha-256 AA:BB",
          .candidates = {*SocketAddress::parse("192.0.2.1", 8189)},
          .cname = "cname",
          .audio_ssrc = Ssrc{1},
          .video_ssrc = Ssrc{2},
          .video_rtx_ssrc = Ssrc{3}};
}

/// What we write of a stranger's text must read back as the same.
void check_round_trip(std::string_view text) {
  const auto parsed = parse_session(text);
  if (!parsed) return;
  const std::string once = to_text(*parsed);
  const auto again = parse_session(once);
  if (!again) return CHECK(once.size() > kMaxSdpBytes || again.error().code == Errc::Exhausted);
  CHECK(to_text(*again) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = as_text({data, size});
  check_round_trip(text);
  (void)parse_trickle_fragment(text);
  for (const SrtpMode srtp :
       {SrtpMode::Off, SrtpMode::Optional, SrtpMode::Required, SrtpMode::Dtls}) {
    (void)read_answer(text, local_side(srtp));
    if (const auto answer = make_answer(text, local_side(srtp))) {
      CHECK(answer->sdp.size() > kMaxSdpBytes || parse_session(answer->sdp).has_value());
    }
  }
  const bool valid = check_viewer_offer(text).has_value();
  for (const Codec video : {Codec::H264, Codec::Vp8}) {
    const auto answer = answer_viewer(text, viewer_side(Codec::Pcmu, video));
    CHECK(valid || !answer);
    if (!answer || answer->sdp.size() > kMaxSdpBytes) continue;
    const auto offered = parse_session(text);
    const auto written = parse_session(answer->sdp);
    CHECK(written.has_value() && written->media.size() == offered->media.size());
  }
  return 0;
}
