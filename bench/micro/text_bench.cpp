#include <benchmark/benchmark.h>

#include "hls/playlist.hpp"
#include "sdp/sip_media.hpp"
#include "sdp/test_offers.hpp"
#include "sdp/viewer_answer.hpp"
#include "sip/message.hpp"

namespace sipcast {
namespace {

sdp::SipLocal local_side() { return {.ip = "192.0.2.1", .audio_port = 30000, .video_port = 30002}; }

std::string invite() {
  sip::Message message;
  message.method = "INVITE";
  message.request_uri = "sip:bob@192.0.2.7:5060";
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74bf9abcdef;rport"},
           {"Max-Forwards", "70"},
           {"From", "\"Alice\" <sip:alice@example.com>;tag=9fxced76sl"},
           {"To", "<sip:bob@example.com>"},
           {"Call-ID", "3848276298220188511@192.0.2.1"},
           {"CSeq", "1 INVITE"},
           {"Contact", "<sip:alice@192.0.2.1:5060>"},
           {"Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY"},
           {"Supported", "timer, 100rel, replaces"},
           {"Session-Expires", "1800"},
           {"User-Agent", "sipcast"}}) {
    message.add(name, value);
  }
  message.set_body("application/sdp", sdp::make_offer(local_side()));
  return message.to_string();
}

void parse_invite(benchmark::State& state) {
  const std::string text = invite();
  for (auto _ : state) {
    benchmark::DoNotOptimize(sip::Message::parse(as_bytes(text), sip::Framing::Datagram));
  }
}
BENCHMARK(parse_invite);

void write_invite(benchmark::State& state) {
  const auto message = sip::Message::parse(as_bytes(invite()), sip::Framing::Datagram);
  for (auto _ : state) benchmark::DoNotOptimize(message->to_string());
}
BENCHMARK(write_invite);

void answer_a_phones_offer(benchmark::State& state) {
  const std::string offer = sdp::make_offer(local_side());
  for (auto _ : state) benchmark::DoNotOptimize(sdp::make_answer(offer, local_side()));
}
BENCHMARK(answer_a_phones_offer);

void answer_chromiums_offer(benchmark::State& state) {
  sdp::ViewerAnswerOptions options;
  options.tracks.audio = TrackInfo{.codec = Codec::Pcma};
  options.tracks.video = TrackInfo{.codec = Codec::H264, .h264_profile_level_id = 0x42e01f};
  options.local_ufrag = "abcdefgh";
  options.local_pwd = "abcdefghijklmnopqrstuvwx";
  options.fingerprint = "sha-256 AB:CD";
  options.candidates = {*SocketAddress::parse("192.0.2.1", 8189)};
  for (auto _ : state) {
    benchmark::DoNotOptimize(sdp::answer_viewer(sdp::testdata::kChromiumPlay, options));
  }
}
BENCHMARK(answer_chromiums_offer);

void write_playlist(benchmark::State& state) {
  hls::Playlist playlist({.run = "r1"});
  playlist.add_init(std::make_shared<const std::string>("init"));
  const auto part = std::make_shared<const std::string>(std::string(20'000, 'x'));
  Instant at{};
  for (int i = 0; i < 60; ++i, at += std::chrono::milliseconds(334)) {
    playlist.add_part({.bytes = part,
                       .start = at,
                       .duration = std::chrono::milliseconds(334),
                       .independent = i % 6 == 0,
                       .ends_segment = i % 6 == 5});
  }
  for (auto _ : state) benchmark::DoNotOptimize(playlist.text(false));
}
BENCHMARK(write_playlist);

}  // namespace
}  // namespace sipcast
