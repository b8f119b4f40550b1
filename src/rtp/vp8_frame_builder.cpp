#include "rtp/vp8_frame_builder.hpp"

namespace sipcast {
namespace {
constexpr uint8_t kFrameStart = 0x10, kGoesOn = 0x00;  // S bit; partition index 0
}

FrameBuilder::Position Vp8FrameBuilder::position(BytesView payload) const {
  const auto parsed = vp8::parse_payload(payload);
  if (!parsed) return Position::Unknown;
  return parsed->starts_frame() ? Position::Start : Position::Middle;
}

bool Vp8FrameBuilder::add(BytesView payload) {
  const auto parsed = vp8::parse_payload(payload);
  if (!parsed || data_.size() + parsed->bytes.size() > max_frame_bytes_) return false;
  if (data_.empty()) from_start_ = parsed->starts_frame();
  data_.insert(data_.end(), parsed->bytes.begin(), parsed->bytes.end());
  return true;
}

FrameBuilder::Built Vp8FrameBuilder::build(Part part, bool, std::vector<Bytes>& payloads) {
  Built built = Built::Invalid;
  if (part == Part::Rest) {
    built = Built::Delta;
  } else if (const auto info = from_start_ ? vp8::parse_frame(data_) : std::nullopt) {
    built = info->keyframe ? Built::Keyframe : Built::Delta;
    if (info->keyframe) size_ = VideoSize{.width = info->width, .height = info->height};
  }
  if (built != Built::Invalid) cut(part, payloads);
  clear();
  return built;
}

void Vp8FrameBuilder::cut(Part part, std::vector<Bytes>& payloads) const {
  const size_t room = max_payload_ - 1;
  const size_t pieces = (data_.size() + room - 1) / room;
  for (size_t i = 0; i < pieces; ++i) {
    const size_t begin = data_.size() * i / pieces, end = data_.size() * (i + 1) / pieces;
    const bool start = i == 0 && part == Part::Whole;
    Bytes& payload = payloads.emplace_back();
    payload.reserve(1 + end - begin);
    ByteWriter writer(payload);
    writer.u8(start ? kFrameStart : kGoesOn);
    writer.bytes(BytesView(data_).subspan(begin, end - begin));
  }
}

void Vp8FrameBuilder::clear() {
  data_.clear();
  from_start_ = false;
}

}  // namespace sipcast
