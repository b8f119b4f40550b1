#include "ffmpeg/black_pictures.hpp"

#include "ffmpeg/video_encoder.hpp"

namespace sipcast::ffmpeg {
namespace {

/// Small enough for a packet each, for packetization-mode 0.
constexpr size_t kMaxNalBytes = 1180;

Result<VideoEncoder> encoder_of(Codec codec) {
  return VideoEncoder::create({.codec = codec,
                               .width = BlackPictures::kWidth,
                               .height = BlackPictures::kHeight,
                               .fps = 2,
                               .bitrate_kbit = 64,
                               .gop_frames = 1,
                               .max_nal_bytes = codec == Codec::H264 ? kMaxNalBytes : 0});
}

}  // namespace

Result<BlackPictures> BlackPictures::make() {
  const YuvPicture black(kWidth, kHeight);
  BlackPictures pictures;
  auto h264 = encoder_of(Codec::H264);
  if (!h264) return std::unexpected(h264.error());
  for (Bytes& picture : pictures.h264) {
    auto coded = h264->encode(black, KeyframeWish::Now);
    if (!coded) return std::unexpected(coded.error());
    picture = std::move(coded->bytes);
  }
  auto vp8 = encoder_of(Codec::Vp8);
  if (!vp8) return std::unexpected(vp8.error());
  auto coded = vp8->encode(black, KeyframeWish::Now);
  if (!coded) return std::unexpected(coded.error());
  pictures.vp8 = std::move(coded->bytes);
  return pictures;
}

}  // namespace sipcast::ffmpeg
