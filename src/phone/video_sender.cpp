#include "phone/video_sender.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/random.hpp"
#include "phone/sound.hpp"

namespace sipcast::phone {
namespace {

constexpr size_t kMaxPayload = 1200;
constexpr size_t kMode0NalBytes = 1180;  // x264 estimates: a margin

uint8_t nal_type(BytesView nal) { return nal.empty() ? 0 : nal[0] & 0x1f; }
bool is_parameter_set(BytesView nal) { return nal_type(nal) == 7 || nal_type(nal) == 8; }
bool is_slice(BytesView nal) { return nal_type(nal) == 1 || nal_type(nal) == 5; }

}  // namespace

ffmpeg::VideoEncoder::Options video_encoder_options(const PhoneOptions& options, Codec codec,
                                                    PacketizationMode mode) {
  const auto gop_ms = options.one_idr ? 0 : to_ms(options.gop);
  const auto frames = static_cast<int>((gop_ms * options.fps + 500) / 1000);
  return {.codec = codec,
          .width = options.width,
          .height = options.height,
          .fps = options.fps,
          .bitrate_kbit = options.bitrate_kbit,
          .gop_frames = gop_ms == 0 ? 0 : std::max(1, frames),
          .max_nal_bytes =
              codec == Codec::H264 && mode == PacketizationMode::SingleNal ? kMode0NalBytes : 0};
}

Result<VideoSender> VideoSender::create(const PhoneOptions& options, const sdp::SipCodec& codec) {
  const auto mode = static_cast<PacketizationMode>(codec.packetization_mode == 0 ? 0 : 1);
  auto encoder = ffmpeg::VideoEncoder::create(video_encoder_options(options, codec.codec, mode));
  if (!encoder) return std::unexpected(encoder.error());
  return VideoSender(options, codec, std::move(*encoder));
}

VideoSender::VideoSender(const PhoneOptions& options, const sdp::SipCodec& codec,
                         ffmpeg::VideoEncoder encoder)
    : options_(options),
      codec_(codec.codec),
      mode_(codec.packetization_mode == 0 ? PacketizationMode::SingleNal
                                          : PacketizationMode::NonInterleaved),
      payload_type_(codec.payload_type),
      encoder_(std::move(encoder)),
      card_(options.width, options.height),
      rtp_(clock_rate_hz(codec.codec)),
      picture_id_(static_cast<uint16_t>(random_u32() & 0x7fff)) {}

Duration VideoSender::media_time(uint64_t frame) const {
  return std::chrono::nanoseconds(static_cast<int64_t>(frame) * 1'000'000'000 / options_.fps);
}

bool VideoSender::is_lost(uint64_t frame) const {
  if (!options_.burst_drop) return false;
  const auto [frames, every] = *options_.burst_drop;
  const auto period =
      std::max(uint64_t{1}, static_cast<uint64_t>(to_ms(every) * options_.fps / 1000));
  return frame >= period && frame % period < frames;
}

TestCard::Moment VideoSender::moment(uint64_t frame, std::string_view clock, WallTime now) const {
  const auto wall_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  TestCard::Moment moment{.timecode = static_cast<uint16_t>(options_.timecode == Timecode::Frame
                                                                ? frame
                                                                : static_cast<uint64_t>(wall_ms)),
                          .media_time = media_time(frame),
                          .clock = clock};
  if (options_.sound == Sound::Beep) {
    moment.ground = is_flash(moment.media_time) ? TestCard::Ground::White : TestCard::Ground::Dark;
  }
  return moment;
}

Result<void> VideoSender::resize() {
  options_.width = options_.resize->width;
  options_.height = options_.resize->height;
  options_.resize.reset();
  auto encoder = ffmpeg::VideoEncoder::create(video_encoder_options(options_, codec_, mode_));
  if (!encoder) return std::unexpected(encoder.error());
  encoder_ = std::move(*encoder);
  card_ = TestCard(options_.width, options_.height);
  return {};
}

Result<std::vector<Bytes>> VideoSender::frame(uint64_t frame, WallTime now) {
  if (options_.resize && media_time(frame) >= options_.resize->at) {
    if (auto resized = resize(); !resized) return std::unexpected(resized.error());
  }
  const std::string clock = clock_text(now);
  const bool wanted = std::exchange(keyframe_wanted_, false);
  const auto encoded =
      encoder_.encode(card_.draw(moment(frame, clock, now)),
                      wanted ? ffmpeg::KeyframeWish::Now : ffmpeg::KeyframeWish::None);
  if (!encoded) return std::unexpected(encoded.error());
  std::vector<Bytes> packets;
  if (encoded->bytes.empty()) return packets;
  const RtpTimestamp timestamp = rtp_.timestamp(media_time(frame));
  if (codec_ == Codec::H264) {
    packetize_h264_frame(encoded->bytes, timestamp, packets);
  } else {
    add_packets(packetize_vp8(encoded->bytes, kMaxPayload, picture_id_), timestamp, packets);
    picture_id_ = (picture_id_ + 1) & 0x7fff;
  }
  ++stats_.frames_total;
  stats_.keyframes_total += encoded->keyframe ? 1 : 0;
  if (is_lost(frame)) {
    ++stats_.frames_lost_on_purpose_total;
    packets.clear();
  }
  return packets;
}

void VideoSender::packetize_h264_frame(BytesView bytes, RtpTimestamp timestamp,
                                       std::vector<Bytes>& out) {
  std::vector<BytesView> sets, units;
  for (const BytesView nal : annexb_nal_units(bytes)) {  // x264's SEI and the like stay at home
    if (is_parameter_set(nal) && !options_.sprop_only) sets.push_back(nal);
    if (is_slice(nal)) units.push_back(nal);
  }
  if (options_.own_timestamps && !sets.empty()) {
    const uint32_t half_a_frame = rtp_.clock_rate_hz() / static_cast<uint32_t>(options_.fps) / 2;
    add_packets(packetize_h264(sets, kMaxPayload, mode_),
                RtpTimestamp{timestamp.value - half_a_frame}, out);
  } else {
    units.insert(units.begin(), sets.begin(), sets.end());
  }
  add_packets(packetize_h264(units, kMaxPayload, mode_), timestamp, out);
}

void VideoSender::add_packets(const std::vector<Bytes>& payloads, RtpTimestamp timestamp,
                              std::vector<Bytes>& out) {
  for (size_t i = 0; i < payloads.size(); ++i) {
    const bool last = i + 1 == payloads.size();
    out.push_back(rtp_.packet(payload_type_, last || options_.bad_markers, timestamp, payloads[i]));
  }
}

}  // namespace sipcast::phone
