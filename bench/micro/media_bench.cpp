#include <benchmark/benchmark.h>

#include "base/random.hpp"
#include "egress/track_rewriter.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/rtp_parser.hpp"
#include "rtp/video_normalizer.hpp"
#include "rtp/video_test_data.hpp"
#include "secure/srtp.hpp"

namespace sipcast {
namespace {

Bytes rtp_packet(size_t payload, uint16_t seq, bool marker = false) {
  Bytes packet(kRtpHeaderSize);
  write_rtp_header({.marker = marker,
                    .payload_type = 96,
                    .seq = SequenceNumber(seq),
                    .timestamp = RtpTimestamp{1},
                    .ssrc = Ssrc{1}},
                   packet);
  const Bytes slice = testdata::p_slice(payload);
  packet.insert(packet.end(), slice.begin(), slice.end());
  return packet;
}

void parse_rtp_packet(benchmark::State& state) {
  const Bytes packet = rtp_packet(1150, 1);
  for (auto _ : state) benchmark::DoNotOptimize(parse_rtp(packet));
}
BENCHMARK(parse_rtp_packet);

/// A viewer's share of one packet, without the sending.
void rewrite_and_seal(benchmark::State& state) {
  SrtpMasterKey key;
  if (state.range(0) != 0) key.profile = SrtpProfile::AesCm128HmacSha1_80;
  random_bytes(key.key);
  SrtpSender sender = std::move(*SrtpSender::create(key));
  sdp::ViewerTrack track;
  track.ssrc = Ssrc{7};
  TrackRewriter rewriter(track);
  rewriter.start_live(0, RtpTimestamp{0});
  Packet packet{.kind = MediaKind::Video,
                .sequence = 0,
                .timestamp = {},
                .arrival = {},
                .marker = false,
                .keyframe_start = false,
                .payload = testdata::p_slice(1150)};
  std::array<uint8_t, 1500> out;
  for (auto _ : state) {
    uint8_t header[kRtpHeaderSize];
    write_rtp_header(rewriter.next(packet), header);
    benchmark::DoNotOptimize(sender.seal(header, packet.payload, out));
    ++packet.sequence;
  }
  state.SetLabel(state.range(0) != 0 ? "AES-CM, HMAC-SHA1" : "AES-GCM");
}
BENCHMARK(rewrite_and_seal)->Arg(0)->Arg(1);

void normalize_frame_of_5_packets(benchmark::State& state) {
  std::vector<Bytes> packets;
  for (uint16_t i = 0; i < 5; ++i) packets.push_back(rtp_packet(1150, i, i == 4));
  VideoNormalizer normalizer(VideoNormalizer::Options{.parameter_sets = {testdata::sps(0, 40, 23), testdata::pps(0, 0)}});
  std::vector<NormalFrame> frames;
  uint32_t timestamp = 0;
  for (auto _ : state) {
    timestamp += 3600;
    for (const Bytes& packet : packets) {
      RtpView view = *parse_rtp(packet);
      view.timestamp = RtpTimestamp{timestamp};
      normalizer.push(view, Instant{}, false, frames);
    }
    frames.clear();
  }
}
BENCHMARK(normalize_frame_of_5_packets);

void packetize_a_keyframe_of_30_kB(benchmark::State& state) {
  const Bytes idr = testdata::idr(30'000);
  const std::vector<BytesView> nals{idr};
  for (auto _ : state) {
    benchmark::DoNotOptimize(packetize_h264(nals, 1200, PacketizationMode::NonInterleaved));
  }
}
BENCHMARK(packetize_a_keyframe_of_30_kB);

}  // namespace
}  // namespace sipcast
