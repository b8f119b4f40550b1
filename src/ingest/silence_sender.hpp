#pragma once
#include <optional>

#include "base/bytes.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "media/track.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/rtp_parser.hpp"

namespace sipcast {

/// What the phone hears: valid silence, 20 ms a packet, so that PBXs and NATs keep the leg open.
/// Makes the packets; its owner sends them every kPacketTime. One per call, on its media loop.
class SilenceSender {
 public:
  static constexpr Duration kPacketTime = std::chrono::milliseconds(20);
  SilenceSender(Codec codec, uint8_t payload_type, Ssrc ssrc);

  /// The next packet, header and payload; valid until the next call.
  BytesView next();
  /// For the sender report at `wall`; none before the first packet.
  std::optional<rtcp::SenderReport> report(WallTime wall) const;
  Ssrc ssrc() const { return header_.ssrc; }

 private:
  Codec codec_;
  RtpHeader header_;
  Bytes packet_;
  uint32_t packets_ = 0;
  uint32_t ticks_per_packet_;
};

}  // namespace sipcast
