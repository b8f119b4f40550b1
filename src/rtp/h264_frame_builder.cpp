#include "rtp/h264_frame_builder.hpp"

#include <algorithm>

namespace sipcast {
namespace {
using namespace h264;
using Position = FrameBuilder::Position;

constexpr size_t kMaxNals = 4096;  // of one frame

bool is_vcl(uint8_t type) { return type >= kSlice && type <= kIdrSlice; }
bool has_slice_header(uint8_t type) {
  return type == kSlice || type == kPartitionA || type == kIdrSlice;
}
/// Undefined in RFC 6184 table 1, or PACSI of RFC 6190: to be ignored.
bool is_ignored(uint8_t type) { return type == 0 || type == 30 || type == 31; }

Position position_of(uint8_t type, BytesView body) {
  if (has_slice_header(type)) {
    const auto slice = parse_slice_body(body);
    return slice && slice->first_mb == 0 ? Position::Start : Position::Middle;
  }
  if (is_vcl(type)) return Position::Middle;
  return type >= kSei && type <= kAccessUnitDelimiter ? Position::Start : Position::Unknown;
}
}  // namespace

H264FrameBuilder::H264FrameBuilder(const VideoNormalizer::Options& options)
    : max_payload_(options.max_payload), max_frame_bytes_(options.max_frame_bytes) {
  for (const Bytes& set : options.parameter_sets) sets_.store(set);
}

FrameBuilder::Position H264FrameBuilder::position(BytesView payload) const {
  if (payload.empty()) return Position::Unknown;
  uint8_t type = nal_type(payload[0]);
  BytesView body = payload.subspan(1);
  if (type == kStapA) {
    ByteReader in(body);
    body = in.bytes(in.u16());
    if (body.empty()) return Position::Unknown;
    type = nal_type(body[0]);
    body = body.subspan(1);
  } else if (type == kFuA) {
    if (body.empty() || !(body[0] & kFuStart)) return Position::Middle;
    type = nal_type(body[0]);
    body = body.subspan(1);
  }
  return position_of(type, body);
}

bool H264FrameBuilder::add(BytesView payload) {
  if (payload.empty()) return true;
  const uint8_t type = nal_type(payload[0]);
  if (is_ignored(type)) return true;
  if (type == kFuA) return add_fu_a(payload);
  // A NAL unit whose last fragment bears no E bit: nothing is missing, so it has ended.
  if (!end_fragment()) return false;
  if (type == kStapA) return add_stap_a(payload);
  return type <= kLastNalType && add_single(payload);
}

bool H264FrameBuilder::add_single(BytesView nal) {
  const size_t offset = data_.size();
  return append(nal) && end_nal(offset);
}

bool H264FrameBuilder::add_stap_a(BytesView payload) {
  ByteReader in(payload.subspan(1));
  while (in.remaining() > 0) {
    const BytesView nal = in.bytes(in.u16());
    if (in.failed()) return false;
    if (nal.empty() || is_ignored(nal_type(nal[0]))) continue;
    if (nal_type(nal[0]) > kLastNalType || !add_single(nal)) return false;
  }
  return true;
}

bool H264FrameBuilder::add_fu_a(BytesView payload) {
  if (payload.size() < 2) return false;
  const uint8_t type = nal_type(payload[1]);
  if (payload[1] & kFuStart) {
    if (!end_fragment() || type == 0 || type > kLastNalType) return false;
    const auto header =
        static_cast<uint8_t>((payload[0] & (kForbiddenBit | kNriBits)) | nal_type(payload[1]));
    fragment_ = data_.size();
    if (!append({&header, 1})) return false;
    has_picture_ = has_picture_ || is_vcl(type);
  } else if (!fragment_ || nal_type(data_[*fragment_]) != type) {
    return false;
  }
  if (!append(payload.subspan(2))) return false;
  return !(payload[1] & kFuEnd) || end_fragment();
}

bool H264FrameBuilder::append(BytesView bytes) {
  if (bytes.size() > max_frame_bytes_ - std::min(max_frame_bytes_, data_.size())) return false;
  data_.insert(data_.end(), bytes.begin(), bytes.end());
  return true;
}

bool H264FrameBuilder::end_fragment() {
  if (!fragment_) return true;
  const size_t offset = *fragment_;
  fragment_.reset();
  return end_nal(offset);
}

bool H264FrameBuilder::end_nal(size_t offset) {
  const BytesView nal = BytesView(data_).subspan(offset);
  const uint8_t type = nal_type(nal[0]);
  if (is_vcl(type) || type == kSei) {
    if (nal.size() < 2 || nals_.size() >= kMaxNals) return false;
    has_picture_ = has_picture_ || is_vcl(type);
    nals_.push_back({offset, nal.size()});
    return true;
  }
  // Delimiters and filler mean nothing to viewers; neither do the layers of SVC and MVC.
  if (type == kSps || type == kPps) sets_.store(nal);
  data_.resize(offset);
  return true;
}

FrameBuilder::Built H264FrameBuilder::build(Part part, bool after_loss,
                                            std::vector<Bytes>& payloads) {
  const Built built =
      end_fragment() ? build_from_slices(part, after_loss, payloads) : Built::Invalid;
  clear();
  return built;
}

FrameBuilder::Built H264FrameBuilder::build_from_slices(Part part, bool after_loss,
                                                        std::vector<Bytes>& payloads) {
  const auto type_of = [this](const Span& span) { return nal_type(data_[span.offset]); };
  const auto first = std::ranges::find_if(nals_, has_slice_header, type_of);
  const auto slice = first == nals_.end() ? std::nullopt : parse_slice(nal(*first));
  if (!slice) return Built::Invalid;
  const bool keyframe =
      part == Part::Whole && std::ranges::find(nals_, kIdrSlice, type_of) != nals_.end();
  if (keyframe && sets_.needed_by(slice->pps_id).empty()) return Built::NoParameterSets;
  if (keyframe || sets_.pps_changed(slice->pps_id)) append_sets(slice->pps_id, payloads);
  const SpsInfo* sps = sets_.sps(slice->pps_id);
  const uint32_t shift = sps ? frame_numbers_.shift_of(nal(*first), *sps, after_loss) : 0;
  for (const Span& span : nals_) {
    if (shift != 0 && has_slice_header(type_of(span))) {
      append_slice(nal(span), shift, *sps, payloads);
    } else {
      append_payloads(nal(span), max_payload_, payloads);
    }
  }
  return keyframe ? Built::Keyframe : Built::Delta;
}

void H264FrameBuilder::append_slice(BytesView slice, uint32_t shift, const SpsInfo& sps,
                                    std::vector<Bytes>& payloads) const {
  const auto number = frame_number(slice, sps);
  if (!number) return append_payloads(slice, max_payload_, payloads);
  append_payloads(with_frame_number(slice, sps, *number - shift), max_payload_, payloads);
}

/// One STAP-A (RFC 6184 §5.7.1) of what the picture needs, or single NAL units when that is too
/// large.
void H264FrameBuilder::append_sets(uint8_t pps_id, std::vector<Bytes>& payloads) {
  const std::vector<BytesView> sets = sets_.needed_by(pps_id);
  sets_.sent(pps_id);
  Bytes stap_a{kStapA};
  ByteWriter writer(stap_a);
  for (const BytesView set : sets) {
    const uint8_t nri = std::max<uint8_t>(stap_a[0] & kNriBits, set[0] & kNriBits);
    stap_a[0] = static_cast<uint8_t>(((stap_a[0] | set[0]) & kForbiddenBit) | nri | kStapA);
    writer.u16(static_cast<uint16_t>(set.size()));
    writer.bytes(set);
  }
  if (stap_a.size() <= max_payload_) {
    payloads.push_back(std::move(stap_a));
    return;
  }
  for (const BytesView set : sets) append_payloads(set, max_payload_, payloads);
}

void H264FrameBuilder::clear() {
  data_.clear();
  nals_.clear();
  fragment_.reset();
  has_picture_ = false;
}

std::optional<VideoSize> H264FrameBuilder::size() const {
  const auto& sps = sets_.current();
  if (!sps) return {};
  return VideoSize{.width = sps->width, .height = sps->height};
}

uint32_t H264FrameBuilder::profile_level_id() const {
  const auto& sps = sets_.current();
  return sps ? sps->profile_level_id : 0;
}

}  // namespace sipcast
