#include "egress/slate.hpp"

#include "ffmpeg/black_pictures.hpp"
#include "rtp/h264_avc.hpp"

namespace sipcast {

Result<Slate> Slate::create() {
  const auto black = ffmpeg::BlackPictures::make();
  if (!black) return std::unexpected(black.error());
  Slate slate;
  for (size_t i = 0; i < slate.pictures_.size(); ++i) {
    h264::AvcSample sample = h264::to_avc(black->h264[i]);
    if (!slate.format_) {
      auto setup = h264::avc_decoder_configuration(sample.sps, sample.pps);
      if (!setup) return std::unexpected(setup.error());
      slate.format_ = std::make_shared<const FrameFormat>(
          FrameFormat{.codec = FrameCodec::H264,
                      .setup = std::move(*setup),
                      .width = ffmpeg::BlackPictures::kWidth,
                      .height = ffmpeg::BlackPictures::kHeight});
    }
    slate.pictures_[i] = std::move(sample.bytes);
  }
  return slate;
}

std::vector<FramePtr> Slate::up_to(Instant until) {
  std::vector<FramePtr> frames;
  if (!next_ || until - *next_ > std::chrono::seconds(10)) next_ = until;
  for (; *next_ <= until; *next_ += kInterval) {
    frames.push_back(std::make_shared<const Frame>(Frame{.format = format_,
                                                         .pts = *next_,
                                                         .dts = *next_,
                                                         .duration = {},
                                                         .keyframe = true,
                                                         .payload = pictures_[number_++ % 2]}));
  }
  return frames;
}

}  // namespace sipcast
