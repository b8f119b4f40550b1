#pragma once
#include "base/bytes.hpp"
#include "rtp/sequence_number.hpp"

namespace sipcast {

/// Appends the payload of a retransmission (RFC 4588 §4): the original sequence number, then the
/// original payload. Its RTP header carries the RTX payload type, SSRC and sequence number, with
/// the timestamp and marker of the original.
inline void append_rtx_payload(SequenceNumber original, BytesView payload, Bytes& out) {
  ByteWriter writer(out);
  writer.u16(original.value());
  writer.bytes(payload);
}

}  // namespace sipcast
