#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "media/packet.hpp"

namespace sipcast {

/// The video packets of one stream since its last keyframe, and a tail of older ones for resends.
/// Bounded in bytes: a GOP that outgrows the bound is forgotten, and joiners wait for the next
/// keyframe. One per stream, on its loop.
class VideoHistory {
 public:
  /// @param max_bytes    payload bytes held at most
  /// @param tail_packets packets before the last keyframe that are kept for NACKs
  explicit VideoHistory(size_t max_bytes = 8u << 20, size_t tail_packets = 512);

  void push(const PacketPtr& packet);
  /// Another codec: nothing from before is of use. Numbers go on.
  void clear();
  /// The packet with this stream sequence number; null when it is not held.
  PacketPtr find(uint32_t sequence) const;
  /// Sequence number of the first packet of the last keyframe; none when there is none to replay.
  std::optional<uint32_t> keyframe_sequence() const { return keyframe_; }
  /// Sequence number that the next packet will have; 0 before the first.
  uint32_t end_sequence() const { return end_; }
  /// Timestamp of the newest packet; none before the first.
  std::optional<RtpTimestamp> newest_timestamp() const;
  size_t packets() const { return packets_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  void drop_front();
  size_t max_bytes_;
  size_t tail_packets_;
  size_t bytes_ = 0;
  std::deque<PacketPtr> packets_;  // consecutive sequence numbers, the last is end_ - 1
  std::optional<uint32_t> keyframe_;
  uint32_t end_ = 0;
};

}  // namespace sipcast
