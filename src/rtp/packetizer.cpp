#include "rtp/packetizer.hpp"

#include "base/check.hpp"
#include "rtp/h264_nal.hpp"

namespace sipcast {
namespace {
constexpr size_t kVp8DescriptorSize = 4;

/// Offset of the next 00 00 01 at or after `from`, or the size.
size_t find_start_code(BytesView stream, size_t from) {
  for (size_t i = from; i + 3 <= stream.size(); ++i) {
    if (stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1) return i;
  }
  return stream.size();
}
}  // namespace

std::vector<BytesView> annexb_nal_units(BytesView stream) {
  std::vector<BytesView> units;
  size_t code = find_start_code(stream, 0);
  while (code < stream.size()) {
    const size_t begin = code + 3;
    code = find_start_code(stream, begin);
    BytesView unit = stream.subspan(begin, code - begin);
    while (!unit.empty() && unit.back() == 0) unit = unit.first(unit.size() - 1);
    if (!unit.empty()) units.push_back(unit);
  }
  return units;
}

std::vector<Bytes> packetize_h264(const std::vector<BytesView>& nal_units, size_t max_payload,
                                  PacketizationMode mode) {
  CHECK(max_payload >= 16);
  std::vector<Bytes> payloads;
  for (const BytesView nal : nal_units) {
    if (nal.empty()) continue;
    if (mode == PacketizationMode::SingleNal) {
      payloads.emplace_back(nal.begin(), nal.end());
    } else {
      h264::append_payloads(nal, max_payload, payloads);
    }
  }
  return payloads;
}

std::vector<Bytes> packetize_vp8(BytesView frame, size_t max_payload, uint16_t picture_id) {
  CHECK(max_payload >= 16);
  std::vector<Bytes> payloads;
  const size_t room = max_payload - kVp8DescriptorSize;
  const size_t pieces = (frame.size() + room - 1) / room;
  for (size_t i = 0; i < pieces; ++i) {
    const size_t begin = frame.size() * i / pieces;
    ByteWriter writer(payloads.emplace_back());
    writer.u8(i == 0 ? 0x90 : 0x80);  // X, and S on the first
    writer.u8(0x80);                  // I
    writer.u16(static_cast<uint16_t>(picture_id | 0x8000));
    writer.bytes(frame.subspan(begin, frame.size() * (i + 1) / pieces - begin));
  }
  return payloads;
}

}  // namespace sipcast
