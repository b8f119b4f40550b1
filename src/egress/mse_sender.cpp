#include "egress/mse_sender.hpp"

#include <utility>

namespace sipcast {
namespace {
constexpr size_t kMostQueued = 512 * 1024;  // half of what closes the connection
constexpr uint8_t kAudio = 8, kVideo = 9;

/// `head` stands in front of the body.
std::string unit(uint8_t type, int64_t time_ms, std::initializer_list<uint8_t> head,
                 BytesView body) {
  Bytes bytes;
  bytes.reserve(9 + head.size() + body.size());
  ByteWriter out(bytes);
  out.u8(type);
  out.u32(static_cast<uint32_t>(time_ms));
  out.u32(static_cast<uint32_t>(head.size() + body.size()));
  for (const uint8_t byte : head) out.u8(byte);
  out.bytes(body);
  return std::string(as_text(bytes));
}
}  // namespace

std::string mse_setup(const FrameFormat& format, int64_t time_ms) {
  if (kind_of(format.codec) == MediaKind::Audio) return unit(kAudio, time_ms, {0}, format.setup);
  return unit(kVideo, time_ms, {0x17, 0, 0, 0, 0}, format.setup);
}

std::string mse_frame(const Frame& frame, int64_t time_ms) {
  if (frame.kind() == MediaKind::Audio) return unit(kAudio, time_ms, {1}, frame.payload);
  const uint8_t kind = frame.keyframe ? 0x17 : 0x27;
  return unit(kVideo, time_ms, {kind, 1, 0, 0, 0}, frame.payload);
}

void MseSender::connect(Transport transport) {
  const std::lock_guard lock(mutex_);
  new_transport_ = std::move(transport);
}

void MseSender::on_tracks(const TrackList& tracks) {
  sequencer_.set_tracks(tracks);
  events_.tracks(tracks);
}

void MseSender::on_frame(const FramePtr& frame) {
  {
    const std::lock_guard lock(mutex_);
    if (new_transport_.send) {
      transport_ = std::exchange(new_transport_, {});
      sequencer_.restart();
    }
  }
  if (!transport_.send) return;
  sequencer_.push(frame);
  while (const auto step = sequencer_.next()) carry_out(*step);
}

void MseSender::carry_out(const FrameSequencer::Step& step) {
  if (const auto* frame = std::get_if<FramePtr>(&step)) return send(**frame);
  const auto& [tracks, start] = std::get<FrameSequencer::Begin>(step);
  if (!epoch_) epoch_ = start;
  // The video's stands in front of each keyframe.
  if (tracks.audio) transport_.send(mse_setup(*tracks.audio, to_ms(start - *epoch_)));
}

void MseSender::send(const Frame& frame) {
  const bool keyframe = frame.kind() == MediaKind::Video && frame.keyframe;
  if (transport_.queued() > kMostQueued) until_keyframe_ = true;
  if (until_keyframe_ && (!keyframe || transport_.queued() > kMostQueued / 2)) return;
  until_keyframe_ = false;
  const int64_t time_ms = to_ms(frame.dts - *epoch_);
  std::string bytes = keyframe ? mse_setup(*frame.format, time_ms) : std::string();
  transport_.send(bytes + mse_frame(frame, time_ms));
  if (!std::exchange(playing_, true)) events_.playing();
}

void MseSender::on_end(EndReason reason) { events_.ended(reason); }

}  // namespace sipcast
