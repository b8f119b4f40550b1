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
    /// A TCP connection to `to` could not be made or broke; `cause` in plain words.
    virtual void on_tcp_failed(const SocketAddress& to, const std::string& cause) = 0;
  };
  /// Binds UDP and TCP on `local`; port 0 takes one free for both. Errors: Io naming the port.
  static Result<std::unique_ptr<SipSockets>> open(EventLoop& loop, const SocketAddress& local,
                                                  Observer& observer, Logger log);
  virtual ~SipSockets() = default;
  virtual SocketAddress local_address() const = 0;
  virtual void send_udp(BytesView message, const SocketAddress& to) = 0;
  virtual void send_tcp(BytesView message, const SocketAddress& to) = 0;
};

/// A and AAAA look-ups off the loop (getaddrinfo in one helper thread, at most 64 waiting). `done`
/// runs on the loop. Errors: NotFound with the name in the cause, Exhausted.
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
/// is sent). Errors: Io.
Result<SocketAddress> local_ip_towards(const SocketAddress& to);

}  // namespace sipcast
