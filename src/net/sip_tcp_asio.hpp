#pragma once
// Asio inside: for the .cpp files of net alone.
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <memory>
#include <unordered_map>

#include "net/sip_framer.hpp"
#include "net/sip_sockets.hpp"

namespace sipcast {

/// The TCP half of a SipSockets: accepts, connects, frames, answers pings and forgets idle peers.
/// Loop thread only. Handlers of Asio hold it by shared_ptr; after close() they do nothing.
class SipTcp {
 public:
  SipTcp(EventLoop& loop, SipSockets::Observer& observer, Logger log, SipTcpLimits limits);
  ~SipTcp();
  /// Errors: of Asio, for bind and listen.
  boost::system::error_code listen(const SocketAddress& local);
  static void start(const std::shared_ptr<SipTcp>& self);
  static void send(const std::shared_ptr<SipTcp>& self, BytesView message, const SocketAddress& to);
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
  void drop(Connection& connection);
  void add_accepted(const Self& self, boost::asio::ip::tcp::socket socket);
  void sweep(const Self& self);

  EventLoop& loop_;
  SipSockets::Observer& observer_;
  const Logger log_;
  const SipTcpLimits limits_;
  SocketAddress local_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::unordered_map<SocketAddress, ConnectionPtr> connections_;  // by the peer's address
  EventLoop::Timer sweep_timer_;
  EventLoop::Timer accept_timer_;
  Bytes buffer_ = Bytes(64 * 1024);
  bool closed_ = false;
};

}  // namespace sipcast
