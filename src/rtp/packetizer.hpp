#pragma once
#include <vector>

#include "base/bytes.hpp"

namespace sipcast {

enum class PacketizationMode : uint8_t { SingleNal = 0, NonInterleaved = 1 };

/// NAL units (without start codes) of an Annex B byte stream; views into it.
std::vector<BytesView> annexb_nal_units(BytesView stream);
/// Cuts the NAL units of one access unit into RTP payloads (RFC 6184): single NAL or FU-A. In mode
/// SingleNal a NAL unit over `max_payload` is sent as it is (the encoder must keep slices small).
std::vector<Bytes> packetize_h264(const std::vector<BytesView>& nal_units, size_t max_payload,
                                  PacketizationMode mode);
/// Cuts one VP8 frame into RTP payloads (RFC 7741, descriptor with a 15-bit PictureID).
std::vector<Bytes> packetize_vp8(BytesView frame, size_t max_payload, uint16_t picture_id);

}  // namespace sipcast
