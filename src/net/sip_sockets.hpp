#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// Bounds of the TCP connections of one SipSockets.
struct SipTcpLimits {
  size_t connections = 1000;  ///< more are closed at once
  Duration idle = std::chrono::minutes(10);
  Duration connect = std::chrono::seconds(10);
  Duration first_message = std::chrono::seconds(32);  ///< of a connection that came in
  size_t unsent_bytes = 1 << 20;  ///< of one connection whose peer does not read
};

/// UDP and TCP sockets of one SIP listener on the control loop. TCP connections are framed by
/// Content-Length (RFC 3261 §18.3), reused for the same peer, closed when idle for 10 minutes, and
/// bounded in number and in bytes a message (64 KiB). CRLF keep-alives (RFC 5626 §3.5.1) are
/// answered here.
class SipSockets {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void on_message(BytesView message, bool tcp, const SocketAddress& from) = 0;
    /// A TCP connection to `to` could not be made or broke (closed by the peer included); `cause`
    /// in plain words. Never called from within send_tcp().
    virtual void on_tcp_failed(const SocketAddress& to, const std::string& cause) = 0;
  };
  /// Loop thread only, as is all of it. Must be destroyed before `loop`; no callback comes after
  /// that. Binds UDP and TCP on `local`; port 0 takes one free for both. Errors: Io naming the
  /// port.
  static Result<std::unique_ptr<SipSockets>> open(EventLoop& loop, const SocketAddress& local,
                                                  Observer& observer, Logger log,
                                                  SipTcpLimits limits = {});
  virtual ~SipSockets() = default;
  virtual SocketAddress local_address() const = 0;
  virtual void send_udp(BytesView message, const SocketAddress& to) = 0;
  virtual void send_tcp(BytesView message, const SocketAddress& to) = 0;
};

/// A and AAAA look-ups off the loop (getaddrinfo in one helper thread, at most 64 waiting). `done`
/// runs on the loop, never from within resolve(), and not at all once the Resolver is gone. An IP
/// literal needs no look-up; IPv4 is preferred. Loop thread only, destroyed before the loop (waits
/// for a look-up under way, a few seconds at most). Errors: NotFound with the name in the cause,
/// Exhausted.
class Resolver {
 public:
  explicit Resolver(EventLoop& loop);
  ~Resolver();
  void resolve(const std::string& host, uint16_t port,
               std::move_only_function<void(Result<SocketAddress>)> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// The local IP that the routing table picks for traffic to `to` (connect on a UDP socket, nothing
/// is sent); its port is 0. Errors: Io.
Result<SocketAddress> local_ip_towards(const SocketAddress& to);

}  // namespace sipcast
