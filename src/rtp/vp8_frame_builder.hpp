#pragma once
#include "rtp/frame_builder.hpp"
#include "rtp/vp8_payload.hpp"

namespace sipcast {

/// RFC 7741 in; out the same bytes behind descriptors of one byte, in pieces of nearly equal size.
class Vp8FrameBuilder final : public FrameBuilder {
 public:
  explicit Vp8FrameBuilder(const VideoNormalizer::Options& options)
      : max_payload_(options.max_payload), max_frame_bytes_(options.max_frame_bytes) {}
  Position position(BytesView payload) const override;
  bool add(BytesView payload) override;
  bool has_picture() const override { return !data_.empty(); }
  bool in_fragment() const override { return false; }  // a frame's size is not known before its end
  Built build(Part part, bool after_loss, std::vector<Bytes>& payloads) override;
  void clear() override;
  std::optional<VideoSize> size() const override { return size_; }
  uint32_t profile_level_id() const override { return 0; }

 private:
  void cut(Part part, std::vector<Bytes>& payloads) const;

  const size_t max_payload_, max_frame_bytes_;
  Bytes data_;
  bool from_start_ = false;
  std::optional<VideoSize> size_;
};

}  // namespace sipcast
