#pragma once
#include <optional>

#include "base/socket_address.hpp"
#include "base/time.hpp"
#include "rtp/rtp_parser.hpp"

namespace sipcast {

/// Decides whose RTP is taken (design section 7). The address of the SDP is trusted. Another one is
/// learnt (symmetric RTP: a phone behind NAT) after several packets in a row of one source, and
/// only while the trusted one has been silent. One per track; reset() at each new remote SDP. No
/// clock.
class PeerLock {
 public:
  /// Opens for `signalled`; packets from there are taken from the first on.
  void reset(const SocketAddress& signalled);
  /// Whether this packet, with an agreed payload type, is taken.
  bool accept(const SocketAddress& from, const RtpView& rtp, Instant now);
  /// Where our RTP goes: the locked address, before that the signalled one.
  const SocketAddress& target() const { return peer_ ? *peer_ : signalled_; }
  bool learnt() const { return peer_ && !(*peer_ == signalled_); }

 private:
  struct Candidate {
    SocketAddress address;
    Ssrc ssrc;
    SequenceNumber next;
    int packets = 0;
  };
  SocketAddress signalled_;
  std::optional<SocketAddress> peer_;
  std::optional<Candidate> candidate_;
  Instant last_accepted_{};
};

}  // namespace sipcast
