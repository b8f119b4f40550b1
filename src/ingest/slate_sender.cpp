#include "ingest/slate_sender.hpp"

#include <utility>

#include "rtp/h264_nal.hpp"
#include "rtp/packetizer.hpp"

namespace sipcast {
namespace {

constexpr size_t kMaxPayload = 1200;

std::vector<Bytes> payloads_of(const ffmpeg::BlackPictures& pictures, const sdp::SipCodec& codec,
                               uint16_t number) {
  if (codec.codec == Codec::Vp8) return packetize_vp8(pictures.vp8, kMaxPayload, number & 0x7fff);
  const auto mode = codec.packetization_mode == 0 ? PacketizationMode::SingleNal
                                                  : PacketizationMode::NonInterleaved;
  std::vector<BytesView> nal_units = annexb_nal_units(pictures.h264[number % 2]);
  std::erase_if(nal_units,
                [](BytesView nal) { return nal.empty() || h264::nal_type(nal[0]) == h264::kSei; });
  return packetize_h264(nal_units, kMaxPayload, mode);
}

}  // namespace

SlateSender::SlateSender(Pictures pictures, const sdp::SipCodec& codec, Instant now)
    : pictures_(std::move(pictures)), codec_(codec), start_(now) {}

std::vector<Bytes> SlateSender::next(Instant now) {
  const auto payloads = payloads_of(*pictures_, codec_, number_++);
  const RtpTimestamp timestamp = rtp_.timestamp(now - start_);
  std::vector<Bytes> packets;
  packets.reserve(payloads.size());
  for (const Bytes& payload : payloads) {
    const bool last = &payload == &payloads.back();
    packets.push_back(rtp_.packet(codec_.payload_type, last, timestamp, payload));
  }
  return packets;
}

std::optional<rtcp::SenderReport> SlateSender::report(Instant now, WallTime wall) const {
  if (rtp_.packets() == 0) return {};
  return rtp_.report(now - start_, wall);
}

}  // namespace sipcast
