#pragma once

#include "media/packet.hpp"
#include "media/track.hpp"

namespace sipcast {

/// Why a stream ended, for those who read it.
enum class EndReason : uint8_t {
  SourceStopped,  ///< the call was hung up, by either side
  SourceFailed,   ///< the call failed before or while it was live
  NoMedia,        ///< answered, but no RTP came
  Shutdown,       ///< the server stops
};

/// Reads one stream. Called on the stream's loop; never blocks, never throws.
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  virtual void on_tracks(const TrackList& tracks) = 0;  ///< First, and whenever they change.
  virtual void on_packet(const PacketPtr& packet) = 0;  ///< In the order of the track.
  virtual void on_end(EndReason reason) = 0;            ///< Last.
};

}  // namespace sipcast
