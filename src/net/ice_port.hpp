#pragma once
#include <memory>

#include "net/framed_tcp_port.hpp"
#include "net/media_loop.hpp"

namespace sipcast {

/// Where the datagrams of viewers come and go: one port number, UDP and, unless it is off, TCP.
/// Addresses say which one (SocketAddress::is_tcp). Loop thread only.
class IcePort {
 public:
  enum class Tcp : uint8_t { Off, On };
  /// Port 0 takes a number that is free for both. Errors: Io.
  static Result<std::unique_ptr<IcePort>> open(MediaLoop& loop, const SocketAddress& local,
                                               DatagramReader& reader, Tcp tcp);
  IcePort(std::unique_ptr<UdpSocket> udp, std::unique_ptr<FramedTcpPort> tcp)
      : udp_(std::move(udp)), tcp_(std::move(tcp)) {}

  uint16_t port() const { return udp_->local_address().port(); }
  bool has_tcp() const { return tcp_ != nullptr; }
  /// The longest datagram that a peer over TCP would get now; over UDP there is no such bound.
  size_t room(const SocketAddress& to) const;
  bool congested(const SocketAddress& to) const;  ///< as of FramedTcpPort; never over UDP
  /// Space for one datagram, as of UdpSocket::reserve; commit() takes it. Empty: drop.
  std::span<uint8_t> reserve(size_t size);
  void commit(size_t written, const SocketAddress& to);
  void send(BytesView datagram, const SocketAddress& to);
  /// As of FramedTcpPort; nothing to do for an address of UDP.
  void keep(const SocketAddress& peer);
  void close(const SocketAddress& peer);

 private:
  std::unique_ptr<UdpSocket> udp_;
  std::unique_ptr<FramedTcpPort> tcp_;
  std::span<uint8_t> reserved_;
};

}  // namespace sipcast
