#pragma once
#include <optional>

#include "sdp/sip_media.hpp"
#include "secure/srtp.hpp"

namespace sipcast {

/// Master keys of both directions.
struct SrtpKeys {
  SrtpMasterKey send, receive;
};
SrtpKeys to_srtp_keys(const sdp::SdesKeys& keys);

/// SRTP of one medium of a call (RFC 3711): both directions, RTP and RTCP, each once it has keys.
/// Without them nothing is sealed or opened: this is the guard against plain RTP, too. On its media
/// loop. The views that it returns are valid until its next call.
class TrackSrtp {
 public:
  /// Errors: Internal when OpenSSL refuses.
  Result<void> use_for_rtp(const SrtpKeys& keys);
  Result<void> use_for_rtcp(const SrtpKeys& keys);

  /// Plain bytes of what is authentic. Errors: as SrtpReceiver::open; Unauthorized without keys.
  Result<BytesView> open_rtp(BytesView sealed);
  Result<BytesView> open_rtcp(BytesView sealed);
  /// `packet` has a header of 12 bytes, as all of ours. Empty when it is too large, there were more
  /// than SrtpSender::kMaxSources SSRCs, or there are no keys.
  BytesView seal_rtp(BytesView packet);
  BytesView seal_rtcp(BytesView compound);

 private:
  struct Rtp {
    SrtpSender out;
    SrtpReceiver in;
  };
  struct Rtcp {
    SrtcpSender out;
    SrtcpReceiver in;
  };
  std::optional<Rtp> rtp_;
  std::optional<Rtcp> rtcp_;
  Bytes buffer_ = Bytes(4096);
};

}  // namespace sipcast
