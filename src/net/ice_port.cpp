#include "net/ice_port.hpp"

namespace sipcast {
namespace {
constexpr int kTriesForAFreePort = 20;
}

Result<std::unique_ptr<IcePort>> IcePort::open(MediaLoop& loop, const SocketAddress& local,
                                               DatagramReader& reader, Tcp tcp) {
  for (int tries = 1;; ++tries) {
    auto udp = loop.bind(local, reader);
    if (!udp) return std::unexpected(udp.error());
    if (tcp == Tcp::Off) return std::make_unique<IcePort>(std::move(*udp), nullptr);
    const uint16_t port = (*udp)->local_address().port();
    auto framed = FramedTcpPort::open(loop, local.with_port(port), reader, {});
    if (framed) return std::make_unique<IcePort>(std::move(*udp), std::move(*framed));
    if (local.port() != 0 || tries == kTriesForAFreePort) return std::unexpected(framed.error());
  }
}

size_t IcePort::room(const SocketAddress& to) const {
  if (!to.is_tcp()) return SIZE_MAX;
  return tcp_ ? tcp_->room(to) : 0;
}

bool IcePort::congested(const SocketAddress& to) const {
  return to.is_tcp() && tcp_ && tcp_->congested(to);
}

std::span<uint8_t> IcePort::reserve(size_t size) {
  reserved_ = udp_->reserve(size);
  return reserved_;
}

void IcePort::commit(size_t written, const SocketAddress& to) {
  if (!to.is_tcp()) return udp_->commit(written, to);
  udp_->commit(0, to);
  send(reserved_.first(written), to);
}

void IcePort::send(BytesView datagram, const SocketAddress& to) {
  if (!to.is_tcp()) {
    udp_->send(datagram, to);
  } else if (tcp_) {
    tcp_->send(datagram, to);
  }
}

void IcePort::keep(const SocketAddress& peer) {
  if (peer.is_tcp() && tcp_) tcp_->keep(peer);
}

void IcePort::close(const SocketAddress& peer) {
  if (peer.is_tcp() && tcp_) tcp_->close(peer);
}

}  // namespace sipcast
