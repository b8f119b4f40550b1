#pragma once
#include <array>
#include <optional>

#include "sdp/sip_media.hpp"
#include "secure/srtp.hpp"

namespace sipcast {

/// SDES-SRTP of one medium of a call (RFC 4568, RFC 3711): both directions, RTP and RTCP. On its
/// media loop. The views that it returns are valid until its next call.
class TrackSrtp {
 public:
  /// Errors: Internal when OpenSSL refuses.
  static Result<TrackSrtp> create(const sdp::SdesKeys& keys);
  /// Contexts go on while the keys are the same: a new SDP does not begin their counters anew.
  const sdp::SdesKeys& keys() const { return keys_; }

  /// Plain bytes of what is authentic. Errors: as SrtpReceiver::open.
  Result<BytesView> open_rtp(BytesView sealed);
  Result<BytesView> open_rtcp(BytesView sealed);
  /// `packet` has a header of 12 bytes, as all of ours. Empty when it is too large, or there were
  /// more than SrtpSender::kMaxSources SSRCs.
  BytesView seal_rtp(BytesView packet);
  BytesView seal_rtcp(BytesView compound);

 private:
  TrackSrtp(const sdp::SdesKeys& keys, SrtpSender rtp_out, SrtcpSender rtcp_out,
            SrtpReceiver rtp_in, SrtcpReceiver rtcp_in)
      : keys_(keys),
        rtp_out_(std::move(rtp_out)),
        rtcp_out_(std::move(rtcp_out)),
        rtp_in_(std::move(rtp_in)),
        rtcp_in_(std::move(rtcp_in)) {}

  sdp::SdesKeys keys_;
  SrtpSender rtp_out_;
  SrtcpSender rtcp_out_;
  SrtpReceiver rtp_in_;
  SrtcpReceiver rtcp_in_;
  Bytes buffer_ = Bytes(4096);
};

}  // namespace sipcast
