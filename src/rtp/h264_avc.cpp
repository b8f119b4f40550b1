#include "rtp/h264_avc.hpp"

#include <algorithm>

#include "rtp/h264_nal.hpp"

namespace sipcast::h264 {
namespace {

constexpr uint8_t kFiller = 12;

/// The place of the next 00 00 01, bytes.size() when there is none.
size_t next_start_code(BytesView bytes, size_t from) {
  for (size_t i = from; i + 3 <= bytes.size(); ++i) {
    if (bytes[i] == 0 && bytes[i + 1] == 0 && bytes[i + 2] == 1) return i;
  }
  return bytes.size();
}

/// Profiles whose configuration record tells the format of the samples, too.
bool is_high_profile(uint8_t profile) {
  return profile == 100 || profile == 110 || profile == 122 || profile == 144;
}

bool fits(const std::vector<Bytes>& sets, size_t max) {
  return !sets.empty() && sets.size() <= max && std::ranges::all_of(sets, [](const Bytes& set) {
    return set.size() >= 4 && set.size() <= 0xffff;
  });
}

}  // namespace

AvcSample to_avc(BytesView annex_b) {
  AvcSample sample;
  sample.bytes.reserve(annex_b.size());
  size_t start = next_start_code(annex_b, 0);
  while (start < annex_b.size()) {
    const size_t begin = start + 3;
    const size_t next = next_start_code(annex_b, begin);
    size_t end = next;
    while (end > begin && annex_b[end - 1] == 0) --end;  // trailing zeros, or the next one's first
    start = next;
    if (end == begin) continue;
    const BytesView nal = annex_b.subspan(begin, end - begin);
    const uint8_t type = nal_type(nal[0]);
    if (type == kAccessUnitDelimiter || type == kFiller) continue;
    if (type == kSps || type == kPps) {
      (type == kSps ? sample.sps : sample.pps).emplace_back(nal.begin(), nal.end());
      continue;
    }
    if (type == kIdrSlice) sample.idr = true;
    ByteWriter out(sample.bytes);
    out.u32(static_cast<uint32_t>(nal.size()));
    out.bytes(nal);
  }
  return sample;
}

Result<Bytes> avc_decoder_configuration(const std::vector<Bytes>& sps,
                                        const std::vector<Bytes>& pps) {
  if (!fits(sps, 31) || !fits(pps, 255)) {
    return fail(Errc::InvalidArgument, "parameter sets that no AVC configuration record can hold");
  }
  Bytes record;
  ByteWriter out(record);
  out.u8(1);
  out.bytes(BytesView(sps[0]).subspan(1, 3));  // profile, compatibility, level
  out.u8(0xfc | 3);                            // lengths of four bytes
  out.u8(static_cast<uint8_t>(0xe0 | sps.size()));
  for (const Bytes& set : sps) {
    out.u16(static_cast<uint16_t>(set.size()));
    out.bytes(set);
  }
  out.u8(static_cast<uint8_t>(pps.size()));
  for (const Bytes& set : pps) {
    out.u16(static_cast<uint16_t>(set.size()));
    out.bytes(set);
  }
  if (is_high_profile(sps[0][1])) {
    out.u8(0xfc | 1);  // 4:2:0, the only format that phones send
    out.u8(0xf8);      // 8 bits of luma
    out.u8(0xf8);      // 8 bits of chroma
    out.u8(0);         // no SPS extensions
  }
  return record;
}

}  // namespace sipcast::h264
