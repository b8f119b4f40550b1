#include "stream/video_history.hpp"

#include "base/check.hpp"

namespace sipcast {

VideoHistory::VideoHistory(size_t max_bytes, size_t tail_packets)
    : max_bytes_(max_bytes), tail_packets_(tail_packets) {}

void VideoHistory::push(const PacketPtr& packet) {
  CHECK(packets_.empty() || packet->sequence == end_);
  packets_.push_back(packet);
  bytes_ += packet->payload.size();
  end_ = packet->sequence + 1;
  if (packet->keyframe_start) keyframe_ = packet->sequence;

  const auto wanted = [&] {
    return keyframe_ ? size_t{end_ - *keyframe_} + tail_packets_ : tail_packets_;
  };
  while (packets_.size() > wanted()) drop_front();
  while (bytes_ > max_bytes_) drop_front();
}

void VideoHistory::clear() {
  packets_.clear();
  bytes_ = 0;
  keyframe_.reset();
}

void VideoHistory::drop_front() {
  const Packet& oldest = *packets_.front();
  if (keyframe_ == oldest.sequence) keyframe_.reset();
  bytes_ -= oldest.payload.size();
  packets_.pop_front();
}

PacketPtr VideoHistory::find(uint32_t sequence) const {
  const uint32_t age = end_ - sequence;  // 1 for the newest
  if (age == 0 || age > packets_.size()) return nullptr;
  return packets_[packets_.size() - age];
}

std::optional<RtpTimestamp> VideoHistory::newest_timestamp() const {
  if (packets_.empty()) return {};
  return packets_.back()->timestamp;
}

}  // namespace sipcast
