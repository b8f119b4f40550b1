#pragma once
// Asio inside: for the .cpp files of net alone.
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <memory>
#include <unordered_map>

#include "net/sip_framer.hpp"
#include "net/sip_sockets.hpp"

namespace sipcast {

/// The TCP or the TLS part of a SipSockets: accepts, connects, frames, pings and forgets idle
/// peers. Loop thread only. Handlers of Asio hold it by shared_ptr; after close() they do nothing.
class SipTcp {
 public:
  SipTcp(EventLoop& loop, SipSockets::Observer& observer, Logger log, SipTcpLimits limits,
         std::optional<SipTls> tls);
  ~SipTcp();
  /// Errors: of Asio, for bind and listen.
  boost::system::error_code listen(const SocketAddress& local);
  /// Where connections of ours come from, when nobody listens.
  void set_local(const SocketAddress& local) { local_ = local; }
  /// Of the listener; 0: there is none.
  uint16_t port() const { return port_; }
  static void start(const std::shared_ptr<SipTcp>& self);
  static void send(const std::shared_ptr<SipTcp>& self, BytesView message, const SocketAddress& to,
                   const std::string& host);
  void close();

 private:
  struct Connection;
  using Self = std::shared_ptr<SipTcp>;
  using ConnectionPtr = std::shared_ptr<Connection>;

  static void accept(const Self& self);
  static void sweep_later(const Self& self);
  static void connect(const Self& self, const ConnectionPtr& connection);
  static void read_when_ready(const Self& self, const ConnectionPtr& connection);
  static void write(const Self& self, const ConnectionPtr& connection);
  /// Reports on the loop's next task.
  static void report_failure(const Self& self, const SocketAddress& to, std::string cause);
  static void fail(const Self& self, const ConnectionPtr& connection, const std::string& cause);
  /// False: the connection ended.
  static bool read(const Self& self, const ConnectionPtr& connection);
  static bool take_messages(const Self& self, const ConnectionPtr& connection);
  static void queue(const Self& self, const ConnectionPtr& connection, BytesView bytes);
  static void push(const Self& self, const ConnectionPtr& connection, Bytes wire);
  static void ping(const Self& self, const ConnectionPtr& connection, Instant now);
  ConnectionPtr find(const SocketAddress& peer, const std::string& host) const;
  static Result<void> secure(const Self& self, const ConnectionPtr& connection);
  const char* name() const { return tls_ ? "TLS" : "TCP"; }
  void drop(Connection& connection);
  void add_accepted(const Self& self, boost::asio::ip::tcp::socket socket);
  void sweep(const Self& self);

  EventLoop& loop_;
  SipSockets::Observer& observer_;
  const Logger log_;
  const SipTcpLimits limits_;
  const std::optional<SipTls> tls_;  // none: plain TCP
  SocketAddress local_;
  uint16_t port_ = 0;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::unordered_multimap<SocketAddress, ConnectionPtr> connections_;  // by the peer's address
  EventLoop::Timer sweep_timer_;
  EventLoop::Timer accept_timer_;
  Bytes buffer_ = Bytes(64 * 1024);
  Bytes plain_;  // of TLS, for one read
  bool closed_ = false;
};

}  // namespace sipcast
