#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/socket_address.hpp"
#include "ingest/track_srtp.hpp"
#include "sdp/sip_media.hpp"
#include "secure/dtls_session.hpp"

namespace sipcast {

/// The DTLS handshake of one port of a call with a SIP peer (RFC 5763, RFC 5764), and the keys that
/// it brings. Who connects is known by the certificate that the SDP names; until then the first who
/// says hello is listened to, and whoever the SDP names has precedence. No I/O and no clock: its
/// owner sends take_output() to peer(). One per port, on its media loop.
class DtlsLeg {
 public:
  /// `context` must outlive it.
  DtlsLeg(const DtlsContext& context, sdp::DtlsPeer peer);
  const sdp::DtlsPeer& description() const { return description_; }

  /// A new SDP, the first one included: where the peer is, and that it may begin anew.
  void describe(const SocketAddress& signalled, Instant now);
  /// A DTLS record (first byte 20-63, RFC 7983).
  void on_datagram(BytesView datagram, const SocketAddress& from, Instant now);
  void on_timer(Instant now);
  std::optional<Instant> deadline() const;
  std::vector<Bytes> take_output();
  const SocketAddress& peer() const { return peer_; }
  /// The keys of a handshake that has succeeded since the last call.
  std::optional<SrtpKeys> take_keys() { return std::exchange(keys_, std::nullopt); }
  /// Why one failed, since the last call; empty: none did.
  std::string take_failure() { return std::exchange(failure_, {}); }

 private:
  void begin(const SocketAddress& peer, Instant now);
  bool may_begin(const SocketAddress& from, Instant now) const;
  void after_step(Instant now);
  void fail_with(std::string cause);

  const DtlsContext& context_;
  sdp::DtlsPeer description_;
  SocketAddress signalled_, peer_;
  std::unique_ptr<DtlsSession> session_;
  bool done_ = false;  // with the session, or one before it
  bool anew_ = true;   // a handshake may begin though one is done
  Instant last_heard_{};
  std::optional<Instant> settled_at_;  // then the session has nothing more to repeat
  std::optional<SrtpKeys> keys_;
  std::string failure_;
};

}  // namespace sipcast
