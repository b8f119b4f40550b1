#include "egress/track_rewriter.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/random.hpp"

namespace sipcast {
namespace {
constexpr uint32_t kSqueezedTick = 180;  // 2 ms of video a frame when a viewer is sent back in time
}

TrackRewriter::TrackRewriter(const sdp::ViewerTrack& track)
    : track_(track),
      next_out_(static_cast<uint16_t>(random_u32() & 0x7fff)),  // far from a wrap (RFC 3711 §3.3.1)
      timestamp_shift_(random_u32()) {}

bool TrackRewriter::follow(std::optional<Codec> codec) {
  if (codec ? playable_ && *codec == track_.codec : !playable_) return false;
  open_ = false;
  const auto format = codec ? std::ranges::find(track_.formats, *codec, &sdp::ViewerFormat::codec)
                            : track_.formats.end();
  playable_ = format != track_.formats.end();
  if (!playable_) return true;
  track_.codec = format->codec;
  track_.payload_type = format->payload_type;
  track_.rtx_payload_type = format->rtx_payload_type;
  track_.nack = format->nack;
  return true;
}

TrackRewriter::Seam& TrackRewriter::add_seam(uint32_t first) {
  Seam& seam = ring_[seams_++ % ring_.size()];
  seam = Seam{.first = first,
              .end = first,
              .offset = static_cast<uint16_t>(next_out_ - first),
              .payload_type = track_.payload_type};
  open_ = true;
  return seam;
}

void TrackRewriter::start_live(uint32_t first, RtpTimestamp timestamp) {
  const bool behind = seams_ > 0 && static_cast<int32_t>(timestamp.value + timestamp_shift_ -
                                                         last_timestamp_out_) <= 0;
  if (behind) timestamp_shift_ = last_timestamp_out_ + kSqueezedTick - timestamp.value;
  Seam& seam = add_seam(first);
  seam.edge = timestamp.value;
  seam.edge_out = timestamp.value + timestamp_shift_;
}

void TrackRewriter::start_replay(uint32_t first, RtpTimestamp from, RtpTimestamp edge) {
  const uint32_t span = std::max(1u, edge.value - from.value);
  const bool again = seams_ > 0;
  Seam& seam = add_seam(first);
  seam.edge = edge.value;
  seam.span = span;
  if (!again) {
    seam.span_out = span / 2;
  } else {
    // What was shown already lies at the edge: the replay has to go behind it, as short as decoders
    // bear.
    seam.span_out = std::max(kSqueezedTick, span / 16);
    const uint32_t begin = last_timestamp_out_ + kSqueezedTick;
    timestamp_shift_ = begin + seam.span_out - edge.value;
  }
  seam.edge_out = edge.value + timestamp_shift_;
}

uint32_t TrackRewriter::timestamp_by(const Seam& seam, uint32_t timestamp) {
  const auto before = static_cast<int32_t>(seam.edge - timestamp);
  if (before <= 0 || seam.span == 0) return timestamp - seam.edge + seam.edge_out;
  return seam.edge_out -
         static_cast<uint32_t>(static_cast<uint64_t>(before) * seam.span_out / seam.span);
}

RtpHeader TrackRewriter::header_by(const Seam& seam, const Packet& packet) const {
  return {.marker = packet.marker,
          .payload_type = seam.payload_type,
          .seq = SequenceNumber(static_cast<uint16_t>(packet.sequence + seam.offset)),
          .timestamp = RtpTimestamp{timestamp_by(seam, packet.timestamp.value)},
          .ssrc = track_.ssrc};
}

RtpHeader TrackRewriter::next(const Packet& packet) {
  CHECK(open_);
  Seam& seam = ring_[(seams_ - 1) % ring_.size()];
  seam.end = packet.sequence + 1;
  const RtpHeader header = header_by(seam, packet);
  next_out_ = header.seq.plus(1).value();
  last_timestamp_out_ = header.timestamp.value;
  ++packets_;
  octets_ += static_cast<uint32_t>(packet.payload.size());
  return header;
}

std::optional<uint32_t> TrackRewriter::stream_sequence(SequenceNumber seq) const {
  const size_t kept = std::min(seams_, ring_.size());
  for (size_t i = 0; i < kept; ++i) {
    const Seam& seam = ring_[(seams_ - 1 - i) % ring_.size()];
    const uint16_t first_out = static_cast<uint16_t>(seam.first + seam.offset);
    const uint32_t steps = static_cast<uint16_t>(seq.value() - first_out);
    // The seam's newest packet with these 16 bits, where it sent more than 65,536.
    const uint32_t sent = seam.end - seam.first;
    if (steps < sent) return seam.first + steps + (sent - 1 - steps) / 65536 * 65536;
  }
  return {};
}

std::optional<RtpHeader> TrackRewriter::again(const Packet& packet) const {
  const size_t kept = std::min(seams_, ring_.size());
  for (size_t i = 0; i < kept; ++i) {
    const Seam& seam = ring_[(seams_ - 1 - i) % ring_.size()];
    if (packet.sequence - seam.first < seam.end - seam.first) return header_by(seam, packet);
  }
  return {};
}

RtpTimestamp TrackRewriter::outgoing(RtpTimestamp timestamp) const {
  return RtpTimestamp{timestamp.value + timestamp_shift_};
}

}  // namespace sipcast
