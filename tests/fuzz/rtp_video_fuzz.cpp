#include <algorithm>

#include "base/check.hpp"
#include "rtp/frame_depacketizer.hpp"
#include "rtp/receiver_stats.hpp"
#include "rtp/reorder_buffer.hpp"
#include "rtp/video_normalizer.hpp"

namespace {
using namespace sipcast;

constexpr size_t kMaxPayload = 64, kMaxFrame = 3000;

void check(const NormalFrame& frame, Codec codec) {
  CHECK(!frame.payloads.empty());
  for (const Bytes& payload : frame.payloads) {
    CHECK(!payload.empty() && payload.size() <= kMaxPayload);
  }
  CHECK(depacketize_frame(codec, frame.payloads).has_value());
}
}  // namespace

/// First byte: codec. Then packets: flags (marker, step of timestamp, step of sequence, restart),
/// size, payload.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in({data, size});
  const uint8_t options = in.u8();
  const Codec codec = options & 1 ? Codec::H264 : Codec::Vp8;
  std::vector<Bytes> sets;
  if (options & 2) {
    const BytesView sps = in.bytes(in.u8());
    const BytesView pps = in.bytes(in.u8());
    sets = {Bytes(sps.begin(), sps.end()), Bytes(pps.begin(), pps.end())};
  }
  const Duration wait = std::chrono::milliseconds(options & 4 ? 20 : 0);
  ReorderBuffer reorder({.least = wait, .most = 3 * wait}, 16);
  ReceiverStats receiver(90000);
  VideoNormalizer normalizer({.codec = codec,
                              .max_payload = kMaxPayload,
                              .parameter_sets = sets,
                              .max_frame_bytes = kMaxFrame});
  std::vector<StoredRtp> in_order;
  std::vector<NormalFrame> frames;
  Instant now{};
  SequenceNumber seq(65530);
  uint32_t timestamp = 0xfffffff0, ssrc = 1;
  int64_t last_out = -1;
  while (in.remaining() > 0 && !in.failed()) {
    const unsigned flags = in.u8();
    const BytesView payload = in.bytes(in.u8());
    if (flags & 0x02) timestamp += 10;
    const unsigned step = flags >> 2 & 7;
    seq = seq.plus(step == 7 ? -1 : step == 6 ? 2 : step == 5 ? 20000 : step == 4 ? 0 : 1);
    if ((flags & 0xe0) == 0xe0) ++ssrc;
    now += std::chrono::milliseconds(flags >> 5);
    Bytes datagram(kRtpHeaderSize);
    write_rtp_header({.marker = (flags & 1) != 0,
                      .payload_type = 96,
                      .seq = seq,
                      .timestamp = RtpTimestamp{timestamp},
                      .ssrc = Ssrc{ssrc}},
                     datagram);
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    const auto rtp = parse_rtp(datagram);
    CHECK(rtp.has_value());
    receiver.on_rtp(*rtp, now);
    reorder.push(*rtp, datagram, now, in_order);
    for (const StoredRtp& stored : in_order) {
      const auto value = stored.view.seq.value();
      CHECK(stored.gap_before || last_out < 0 || value == static_cast<uint16_t>(last_out + 1));
      last_out = value;
      normalizer.push(stored.view, stored.arrival, stored.gap_before, frames);
    }
    in_order.clear();
    if (normalizer.has_pending() && flags == 0x40) {
      const size_t before = frames.size();
      normalizer.flush(frames);
      CHECK(frames.size() <= before + 1);
    }
    for (const NormalFrame& frame : frames) check(frame, codec);
    frames.clear();
  }
  (void)receiver.report(now);
  (void)normalizer.size();
  return 0;
}
