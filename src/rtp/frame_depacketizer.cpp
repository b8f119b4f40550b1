#include "rtp/frame_depacketizer.hpp"

#include "rtp/h264_nal.hpp"
#include "rtp/vp8_payload.hpp"

namespace sipcast {
namespace {

void append_start_code(Bytes& out) { ByteWriter(out).u32(1); }

Result<void> append_stap_a(BytesView payload, Bytes& out) {
  const size_t before = out.size();
  ByteReader in(payload.subspan(1));
  while (in.remaining() > 0) {
    const BytesView nal = in.bytes(in.u16());
    if (in.failed()) {
      out.resize(before);
      return fail(Errc::Truncated, "a STAP-A ends within a NAL unit");
    }
    append_start_code(out);
    ByteWriter(out).bytes(nal);
  }
  return {};
}

Result<void> append_fu_a(BytesView payload, Bytes& out) {
  if (payload.size() < 2) return fail(Errc::Truncated, "a FU-A without its header");
  if (payload[1] & h264::kFuStart) {
    append_start_code(out);
    out.push_back(static_cast<uint8_t>((payload[0] & (h264::kForbiddenBit | h264::kNriBits)) |
                                       h264::nal_type(payload[1])));
  } else if (out.empty()) {
    return fail(Errc::BadSyntax, "a FU-A without its first part");
  }
  ByteWriter(out).bytes(payload.subspan(2));
  return {};
}

Result<void> append_h264(BytesView payload, Bytes& out) {
  if (payload.empty()) return fail(Errc::Truncated, "an empty payload");
  const uint8_t type = h264::nal_type(payload[0]);
  if (type == h264::kStapA) return append_stap_a(payload, out);
  if (type == h264::kFuA) return append_fu_a(payload, out);
  if (type == 0 || type > h264::kLastNalType) {
    return fail(Errc::Unsupported, "an H.264 payload that is no single NAL unit, STAP-A or FU-A");
  }
  append_start_code(out);
  ByteWriter(out).bytes(payload);
  return {};
}

Result<void> append_vp8(BytesView payload, Bytes& out) {
  const auto parsed = vp8::parse_payload(payload);
  if (!parsed) return fail(Errc::Truncated, "a VP8 payload that ends within its descriptor");
  ByteWriter(out).bytes(parsed->bytes);
  return {};
}
}  // namespace

Result<void> append_frame_bytes(Codec codec, BytesView payload, Bytes& frame) {
  if (codec == Codec::H264) return append_h264(payload, frame);
  if (codec == Codec::Vp8) return append_vp8(payload, frame);
  return fail(Errc::Unsupported, "not a video codec");
}

Result<Bytes> depacketize_frame(Codec codec, const std::vector<Bytes>& payloads) {
  Bytes frame;
  for (const Bytes& payload : payloads) {
    if (auto appended = append_frame_bytes(codec, payload, frame); !appended) {
      return std::unexpected(appended.error());
    }
  }
  return frame;
}

}  // namespace sipcast
