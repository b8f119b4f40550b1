#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "base/time.hpp"
#include "secure/dtls.hpp"

namespace sipcast {

/// The local ufrag that a STUN binding request is for (the part before ':' of USERNAME); empty when
/// `datagram` is no STUN request with a USERNAME. Finds the peer among all that share one port.
std::string_view stun_local_ufrag(BytesView datagram);

enum class DatagramKind : uint8_t { Stun, Dtls, RtpOrRtcp, Other };
DatagramKind classify(BytesView datagram);  ///< RFC 7983

/// One browser behind our port: ICE-lite (RFC 8445 §2.5), DTLS server, SRTP. No I/O and no clock:
/// its owner hands in datagrams and the time and gets datagrams and events through Io. Media loop
/// only.
class IceLitePeer {
 public:
  class Io {
   public:
    virtual ~Io() = default;
    /// None of these may call back into the peer (but for seal_rtp, send_rtcp and the getters from
    /// on_connected and on_rtcp) or destroy it: after on_ended the owner destroys it later, from
    /// its own turn. Nothing is called from the constructor.
    virtual void send(BytesView datagram, const SocketAddress& to) = 0;
    virtual void on_connected() = 0;  ///< DTLS done, keys are there: media may go
    virtual void on_rtcp(BytesView plain, Instant now) = 0;  ///< authenticated and decrypted
    /// The end, once. `cause` is one of the SDK's info texts: "Failed by ICE timeout" (no check
    /// within 15 s), "Failed by DTLS error" (no handshake within 15 s of the first check, or within
    /// 3 s of a failed one), "Failed by DTLS fingerprint error", "Failed by ICE
    /// keep alive" (30 s without an authenticated check), or "Closed by peer" (a DTLS close alert
    /// or a closed port, confirmed by 3 s of silence).
    virtual void on_ended(std::string_view cause) = 0;
  };
  struct Options {
    std::string local_ufrag, local_pwd;    ///< ours: in the answer
    std::string remote_ufrag, remote_pwd;  ///< theirs: from the offer
    std::string remote_fingerprint;        ///< "sha-256 AB:CD:..." from the offer
    Duration connect_timeout = std::chrono::seconds(15);
    Duration consent_timeout = std::chrono::seconds(30);
    Duration close_hint_timeout = std::chrono::seconds(3);
  };
  /// Datagrams that changed nothing, by reason.
  struct Stats {
    uint64_t malformed = 0;        ///< not STUN, DTLS or RTP, or STUN that cannot be parsed
    uint64_t unauthenticated = 0;  ///< STUN with wrong credentials, SRTCP with a wrong tag
    uint64_t from_strangers = 0;   ///< not STUN, from an address without an authenticated check
    uint64_t replayed = 0;         ///< SRTCP seen before
    uint64_t ignored = 0;          ///< well-formed and of no use: RTP, STUN responses, late DTLS
  };
  /// `dtls` and `io` must outlive the peer.
  IceLitePeer(Options options, const DtlsContext& dtls, Io& io, Instant now, Logger log);
  ~IceLitePeer();

  /// Any datagram that belongs to this peer: a STUN request for its ufrag, or whatever comes from
  /// its selected address. Bad ones are counted and end nothing.
  void on_datagram(BytesView datagram, const SocketAddress& from, Instant now);
  /// An ICMP message says that nobody listens at the selected address any more: a browser that went
  /// without a goodbye. A hint, like a goodbye that cannot be authenticated.
  void on_port_unreachable(Instant now);
  /// Nothing before the first authenticated check.
  const std::optional<SocketAddress>& selected() const;
  bool connected() const;
  const Stats& stats() const;

  /// Seals one RTP packet: `header` (12 bytes or more) is copied and authenticated, `payload`
  /// encrypted straight into `out`. Returns the size written, 0 before on_connected or when `out`
  /// is too small. `out` needs header + payload + kSealOverhead bytes. Sealing the same sequence
  /// number again gives the same bytes only if header and payload are the same: never seal other
  /// content for a number used. Up to 4 SSRCs; start each below sequence number 32768.
  size_t seal_rtp(BytesView header, BytesView payload, std::span<uint8_t> out);
  static constexpr size_t kSealOverhead = 16;
  /// Seals and sends one RTCP compound of 8 to 1,400 bytes.
  void send_rtcp(BytesView plain);
  /// Sends a DTLS close_notify when the SSL is still there. The owner destroys the peer afterwards.
  void close();

  /// When on_timer wants to be called next; Instant::max() after the end. Calling early is
  /// harmless.
  Instant deadline() const;
  void on_timer(Instant now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sipcast
