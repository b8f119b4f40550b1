#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "media/packet.hpp"
#include "rtp/rtp_parser.hpp"
#include "sdp/viewer_answer.hpp"

namespace sipcast {

/// Gives the packets of one stream track a viewer's own header: one continuous space of sequence
/// numbers and rising timestamps, whatever is left out, replayed or sent again. Keeps a short list
/// of seams (from which stream sequence on which offset and which timestamp rule holds), so that a
/// resend gets the very header of the first sending. One per viewer and track, on its media loop.
class TrackRewriter {
 public:
  explicit TrackRewriter(const sdp::ViewerTrack& track);

  /// The stream's track has this codec from now on, or is gone. Closes the seam: a start_ follows
  /// before the next packet, and may when playable(). False when all is as before.
  bool follow(std::optional<Codec> codec);
  /// The viewer's answer holds the stream's codec.
  bool playable() const { return playable_; }

  /// From stream sequence `first` on packets go out as they are, behind what was sent before.
  void start_live(uint32_t first, RtpTimestamp timestamp);
  /// A replay begins: stream packets from `first` (of timestamp `from`) up to the live edge `edge`
  /// get timestamps that end at the edge, spaced at half of real time; behind the edge they go out
  /// as they are.
  void start_replay(uint32_t first, RtpTimestamp from, RtpTimestamp edge);

  /// The header for a packet from the newest seam on.
  RtpHeader next(const Packet& packet);
  /// The header it was sent with; none when the seam is forgotten or never sent.
  std::optional<RtpHeader> again(const Packet& packet) const;
  /// The stream sequence that went out as `seq`; none when too old or never sent.
  std::optional<uint32_t> stream_sequence(SequenceNumber seq) const;
  /// What a stream timestamp at the live edge becomes: for sender reports.
  RtpTimestamp outgoing(RtpTimestamp timestamp) const;

  const sdp::ViewerTrack& track() const { return track_; }
  bool started() const { return open_; }  ///< next() may be called
  uint32_t packets() const { return packets_; }
  uint32_t octets() const { return octets_; }

 private:
  struct Seam {
    uint32_t first = 0;   // stream sequence
    uint32_t end = 0;     // behind the last one sent by it
    uint16_t offset = 0;  // outgoing = stream + offset
    uint8_t payload_type = 0;
    uint32_t edge = 0;      // stream timestamp; older ones are pulled towards it
    uint32_t edge_out = 0;  // what the edge becomes
    uint32_t span = 0;      // stream ticks before the edge that are squeezed ...
    uint32_t span_out = 0;  // ... into this many
  };
  static uint32_t timestamp_by(const Seam& seam, uint32_t timestamp);
  RtpHeader header_by(const Seam& seam, const Packet& packet) const;
  Seam& add_seam(uint32_t first);

  sdp::ViewerTrack track_;
  std::array<Seam, 4> ring_{};
  bool open_ = false, playable_ = true;
  size_t seams_ = 0;  // made so far; the newest is ring_[(seams_ - 1) % 4]
  uint16_t next_out_;
  uint32_t timestamp_shift_;  // random start, RFC 3550 §5.1
  uint32_t last_timestamp_out_ = 0;
  uint32_t packets_ = 0, octets_ = 0;
};

}  // namespace sipcast
