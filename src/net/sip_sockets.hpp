#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "net/event_loop.hpp"
#include "net/sip_hop.hpp"
#include "net/tls_session.hpp"

namespace sipcast {

/// Bounds of the connections of one SipSockets, for TCP and for TLS each.
struct SipTcpLimits {
  size_t connections = 1000;  ///< more are closed at once
  Duration idle = std::chrono::minutes(10);
  Duration connect = std::chrono::seconds(10);        ///< handshake of TLS included
  Duration first_message = std::chrono::seconds(32);  ///< of a connection that came in
  size_t unsent_bytes = 1 << 20;  ///< of one connection whose peer does not read
  /// Between two pings of ours on a connection that we opened (RFC 5626 §4.4.1: 95 to 120 s).
  Duration ping = std::chrono::seconds(100);
  Duration pong = std::chrono::seconds(10);  ///< a peer that once answered has so long for the next
};

/// SIP over TLS. Without `client` nothing is sent over it, without `server` nobody is let in.
struct SipTls {
  std::shared_ptr<TlsClient> client;
  std::shared_ptr<TlsCredentials> server;
  uint16_t port = 5061;  ///< of the listener; 0 takes a free one
};

/// UDP, TCP and TLS sockets of one SIP listener on the control loop. Connections are framed by
/// Content-Length (RFC 3261 §18.3), reused for the same peer (over TLS: for the same name, too),
/// closed when idle for 10 minutes, and bounded in number and in bytes a message (64 KiB). CRLF
/// keep-alives (RFC 5626 §3.5.1) are answered here, and sent on connections that we opened.
class SipSockets {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void on_message(BytesView message, SipTransport transport,
                            const SocketAddress& from) = 0;
    /// A TCP or TLS connection to `to` could not be made or broke (closed by the peer included);
    /// `cause` in plain words. Never called from within send_tcp() or send_tls().
    virtual void on_tcp_failed(const SocketAddress& to, const std::string& cause) = 0;
  };
  /// Loop thread only, as is all of it. Must be destroyed before `loop`; no callback comes after
  /// that. Binds UDP and TCP on `local` (port 0 takes one free for both), and TLS on its port.
  /// Errors: Io naming the port.
  static Result<std::unique_ptr<SipSockets>> open(EventLoop& loop, const SocketAddress& local,
                                                  Observer& observer, Logger log,
                                                  SipTcpLimits limits = {}, SipTls tls = {});
  virtual ~SipSockets() = default;
  virtual SocketAddress local_address() const = 0;
  virtual void send_udp(BytesView message, const SocketAddress& to) = 0;
  virtual void send_tcp(BytesView message, const SocketAddress& to) = 0;
  /// `host` is whom the certificate must be for; "": any connection with this address will do, a
  /// new one is for the IP.
  virtual void send_tls(BytesView message, const SocketAddress& to, const std::string& host) = 0;
  /// 0 without a listener.
  virtual uint16_t tls_port() const = 0;
};

}  // namespace sipcast
