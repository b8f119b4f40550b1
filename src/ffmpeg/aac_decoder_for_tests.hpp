#pragma once
extern "C" {
#include <libavcodec/avcodec.h>
}
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "ffmpeg/libav_handles.hpp"
#include "media/frame.hpp"

namespace sipcast::ffmpeg {

/// Decodes AAC frames to 48 kHz mono: the judge of what we encode.
class AacDecoder {
 public:
  explicit AacDecoder(const FrameFormat& format) : coder_(make_decoder("aac").value()) {
    AVCodecContext& context = *coder_.context;
    context.extradata =
        static_cast<uint8_t*>(av_mallocz(format.setup.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    std::ranges::copy(format.setup, context.extradata);
    context.extradata_size = static_cast<int>(format.setup.size());
    if (avcodec_open2(&context, nullptr, nullptr) < 0) throw std::runtime_error("AAC decoder");
  }
  std::vector<float> decode(const Bytes& payload) {
    av_new_packet(coder_.packet.get(), static_cast<int>(payload.size()));
    std::ranges::copy(payload, coder_.packet->data);
    std::vector<float> samples;
    if (avcodec_send_packet(coder_.context.get(), coder_.packet.get()) >= 0) {
      while (avcodec_receive_frame(coder_.context.get(), coder_.frame.get()) >= 0) {
        const auto* plane = reinterpret_cast<const float*>(coder_.frame->data[0]);
        samples.insert(samples.end(), plane, plane + coder_.frame->nb_samples);
      }
    }
    av_packet_unref(coder_.packet.get());
    return samples;
  }

 private:
  Coder coder_;
};

}  // namespace sipcast::ffmpeg
