#include "egress/slate.hpp"

#include "ffmpeg/video_encoder.hpp"
#include "rtp/h264_avc.hpp"

namespace sipcast {

Result<Slate> Slate::create() {
  auto encoder = ffmpeg::VideoEncoder::create(
      {.width = kWidth, .height = kHeight, .fps = 2, .bitrate_kbit = 64, .gop_frames = 1});
  if (!encoder) return std::unexpected(encoder.error());
  Slate slate;
  const ffmpeg::YuvPicture black(kWidth, kHeight);
  for (Bytes& picture : slate.pictures_) {
    const auto coded = encoder->encode(black, ffmpeg::KeyframeWish::Now);
    if (!coded) return std::unexpected(coded.error());
    h264::AvcSample sample = h264::to_avc(coded->bytes);
    if (!slate.format_) {
      auto setup = h264::avc_decoder_configuration(sample.sps, sample.pps);
      if (!setup) return std::unexpected(setup.error());
      slate.format_ = std::make_shared<const FrameFormat>(FrameFormat{.codec = FrameCodec::H264,
                                                                      .setup = std::move(*setup),
                                                                      .width = kWidth,
                                                                      .height = kHeight});
    }
    picture = std::move(sample.bytes);
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
