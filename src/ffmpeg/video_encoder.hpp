#pragma once
#include <cstddef>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ffmpeg/libav_handles.hpp"
#include "ffmpeg/yuv_picture.hpp"
#include "media/track.hpp"

namespace sipcast::ffmpeg {

/// One coded picture.
struct EncodedFrame {
  Bytes bytes;  ///< H.264: Annex B; VP8: one frame. Empty when the encoder skipped the picture
  bool keyframe = false;
};

enum class KeyframeWish : uint8_t { None, Now };

/// A live video encoder without delay: one picture in, its frame out. H.264 is constrained baseline
/// (libx264 ultrafast, zerolatency), with SPS and PPS in front of every IDR; VP8 is libvpx in its
/// realtime mode. One thread at a time; 640x360 takes 1-2 ms a picture.
class VideoEncoder {
 public:
  struct Options {
    Codec codec = Codec::H264;
    int width = 640, height = 360;  ///< even, 16-4096
    int fps = 25;                   ///< 1-120
    int bitrate_kbit = 600;         ///< 16-100,000
    int gop_frames = 50;            ///< frames from keyframe to keyframe; 0: none but the first
    size_t max_nal_bytes = 0;  ///< H.264: slices are kept below this (packetization-mode 0); 0: off
  };
  /// Errors: InvalidArgument (an option out of its range, no video codec), Unsupported (FFmpeg has
  /// no such encoder), Internal (it does not open).
  static Result<VideoEncoder> create(const Options& options);

  /// `picture` has the size of the options. Errors: InvalidArgument (another size), Internal.
  Result<EncodedFrame> encode(const YuvPicture& picture, KeyframeWish wish);
  /// H.264: SPS and PPS, the same as in front of each IDR. VP8: none.
  const std::vector<Bytes>& parameter_sets() const { return parameter_sets_; }

 private:
  explicit VideoEncoder(Coder coder) : coder_(std::move(coder)) {}
  Coder coder_;
  std::vector<Bytes> parameter_sets_;
  int64_t next_pts_ = 0;
};

}  // namespace sipcast::ffmpeg
