#pragma once
#include "rtp/frame_builder.hpp"
#include "rtp/h264_frame_number.hpp"
#include "rtp/h264_parameter_sets.hpp"

namespace sipcast {

/// RFC 6184 in (single NAL unit, STAP-A, FU-A), the same out with bounded sizes.
class H264FrameBuilder final : public FrameBuilder {
 public:
  explicit H264FrameBuilder(const VideoNormalizer::Options& options);
  Position position(BytesView payload) const override;
  bool add(BytesView payload) override;
  bool has_picture() const override { return has_picture_; }
  bool in_fragment() const override { return fragment_.has_value(); }
  Built build(Part part, bool after_loss, std::vector<Bytes>& payloads) override;
  void clear() override;
  std::optional<VideoSize> size() const override;
  uint32_t profile_level_id() const override;

 private:
  struct Span {
    size_t offset, size;
  };
  bool add_single(BytesView nal);
  bool add_stap_a(BytesView payload);
  bool add_fu_a(BytesView payload);
  bool append(BytesView bytes);
  /// Ends the NAL unit that began at `offset` of data_: keeps it, stores it as a parameter set or
  /// throws it away.
  bool end_nal(size_t offset);
  bool end_fragment();
  Built build_from_slices(Part part, bool after_loss, std::vector<Bytes>& payloads);
  void append_slice(BytesView slice, uint32_t shift, const h264::SpsInfo& sps,
                    std::vector<Bytes>& payloads) const;
  void append_sets(uint8_t pps_id, std::vector<Bytes>& payloads);
  BytesView nal(const Span& span) const { return BytesView(data_).subspan(span.offset, span.size); }

  const size_t max_payload_, max_frame_bytes_;
  h264::ParameterSets sets_;
  h264::FrameNumberLine frame_numbers_;
  Bytes data_;  // the frame's NAL units one after the other
  std::vector<Span> nals_;
  std::optional<size_t> fragment_;  // where the open NAL unit of FU-As begins in data_
  bool has_picture_ = false;
};

}  // namespace sipcast
