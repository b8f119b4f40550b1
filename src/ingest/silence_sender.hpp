#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "media/track.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/rtp_parser.hpp"
#include "rtp/telephone_event.hpp"

namespace sipcast {

/// What the phone hears: valid silence, 20 ms a packet, so that PBXs and NATs keep the leg open;
/// and digits in its place (RFC 4733), on the same line of numbers and timestamps. Makes the
/// packets; its owner sends them every kPacketTime. One per call, on its media loop.
class SilenceSender {
 public:
  static constexpr Duration kPacketTime = std::chrono::milliseconds(20);
  SilenceSender(Codec codec, uint8_t payload_type, Ssrc ssrc);

  /// Another codec was agreed on: numbers and timestamps go on.
  void change(Codec codec, uint8_t payload_type);

  /// Digits (0-9 * # A-D) that next() plays from now on, as events of this payload type.
  void play_digits(std::string_view digits, uint8_t telephone_event);
  /// The packets of the next 20 ms, header and payload; valid until the next call.
  const std::vector<Bytes>& next();
  /// For the sender report at `wall`; none before the first packet.
  std::optional<rtcp::SenderReport> report(WallTime wall) const;
  Ssrc ssrc() const { return header_.ssrc; }

 private:
  RtpHeader header_;
  Codec codec_;
  Bytes silence_;
  std::vector<Bytes> packets_;
  DtmfSender digits_;
  uint8_t telephone_event_ = 0;
  uint32_t packets_sent_ = 0, octets_sent_ = 0;
  uint32_t ticks_per_packet_;
};

}  // namespace sipcast
