#pragma once
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "media/track.hpp"

namespace sipcast {

/// One RTP packet as it entered a stream, normalised: payload at most 1,200 bytes, sequence numbers
/// without gaps. It never changes, so any sink on any thread may keep it.
struct Packet {
  MediaKind kind;
  uint32_t
      sequence;  ///< of its track in the stream: one more than the packet before, wraps at 2^32
  RtpTimestamp timestamp;
  Instant arrival;
  bool marker;
  bool keyframe_start;  ///< first packet of a keyframe with its parameter sets
  Bytes payload;
};
using PacketPtr = std::shared_ptr<const Packet>;

}  // namespace sipcast
