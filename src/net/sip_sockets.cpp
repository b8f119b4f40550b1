#include "net/sip_sockets.hpp"

#include <algorithm>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <utility>

#include "net/asio_address.hpp"
#include "net/bind_error.hpp"
#include "net/dual_stack.hpp"
#include "net/event_loop_asio.hpp"
#include "net/sip_tcp_asio.hpp"

namespace sipcast {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

constexpr int kReadsPerTurn = 32;
constexpr int kPortAttempts = 16;
constexpr size_t kSocketBuffer = 1 << 20;

/// What phones send to keep a NAT binding open: a few line ends or zeros.
bool is_keep_alive(BytesView datagram) {
  return datagram.size() <= 4 && std::ranges::all_of(datagram, [](uint8_t byte) {
           return byte == '\r' || byte == '\n' || byte == 0;
         });
}

/// The UDP half. Loop thread only; after close() its handlers do nothing.
class SipUdp {
 public:
  using Self = std::shared_ptr<SipUdp>;
  SipUdp(EventLoop& loop, SipSockets::Observer& observer, Logger log)
      : observer_(observer), log_(std::move(log)), socket_(loop.asio().context) {}

  error_code bind(const SocketAddress& local) {
    const auto endpoint = to_endpoint<udp::endpoint>(local);
    error_code error;
    error_code ignored;
    socket_.open(endpoint.protocol(), error);
    if (error) return error;
    if (local.is_v6()) socket_.set_option(asio::ip::v6_only(!takes_both_families(local)), ignored);
    socket_.set_option(udp::socket::receive_buffer_size(kSocketBuffer), ignored);
    socket_.set_option(udp::socket::send_buffer_size(kSocketBuffer), ignored);
    socket_.bind(endpoint, error);
    if (!error) socket_.non_blocking(true, error);
    if (error) socket_.close(ignored);
    return error;
  }
  SocketAddress local_address() const {
    error_code ignored;
    return from_endpoint(socket_.local_endpoint(ignored));
  }
  static void read_when_ready(const Self& self) {
    self->socket_.async_wait(udp::socket::wait_read, [self](const error_code& error) {
      if (self->closed_ || error == asio::error::operation_aborted) return;
      self->read();
      if (!self->closed_) read_when_ready(self);
    });
  }
  void send(BytesView message, const SocketAddress& to) {
    error_code error;
    socket_.send_to(asio::buffer(message.data(), message.size()), to_endpoint<udp::endpoint>(to), 0,
                    error);
    // SIP sends again by its own timers; one that never arrives ends as a timeout.
    if (error) log_.debug("SIP over UDP: cannot send to {}: {}", to.to_string(), error.message());
  }
  void close() {
    closed_ = true;
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void read() {
    for (int i = 0; i < kReadsPerTurn && !closed_; ++i) {
      error_code error;
      udp::endpoint from;
      const size_t size = socket_.receive_from(asio::buffer(buffer_), from, 0, error);
      if (error == asio::error::would_block) return;
      if (error) continue;  // an ICMP error of something sent before
      if (is_keep_alive(BytesView(buffer_).first(size))) continue;
      observer_.on_message(BytesView(buffer_).first(size), SipTransport::Udp, from_endpoint(from));
    }
  }

  SipSockets::Observer& observer_;
  const Logger log_;
  udp::socket socket_;
  Bytes buffer_ = Bytes(64 * 1024);  // no datagram is larger
  bool closed_ = false;
};

class AsioSipSockets final : public SipSockets {
 public:
  AsioSipSockets(EventLoop& loop, std::shared_ptr<SipUdp> udp_half,
                 std::shared_ptr<SipTcp> tcp_half, std::shared_ptr<SipTcp> tls_part)
      : loop_(loop),
        local_(udp_half->local_address()),
        udp_(std::move(udp_half)),
        tcp_(std::move(tcp_half)),
        tls_(std::move(tls_part)) {
    SipUdp::read_when_ready(udp_);
    SipTcp::start(tcp_);
    SipTcp::start(tls_);
  }
  ~AsioSipSockets() override {
    loop_.check();
    udp_->close();
    tcp_->close();
    tls_->close();
  }
  SocketAddress local_address() const override { return local_; }
  void send_udp(BytesView message, const SocketAddress& to) override {
    loop_.check();
    udp_->send(message, to);
  }
  void send_tcp(BytesView message, const SocketAddress& to) override {
    loop_.check();
    SipTcp::send(tcp_, message, to, {});
  }
  void send_tls(BytesView message, const SocketAddress& to, const std::string& host) override {
    loop_.check();
    SipTcp::send(tls_, message, to, host);
  }
  uint16_t tls_port() const override { return tls_->port(); }

 private:
  EventLoop& loop_;
  const SocketAddress local_;
  const std::shared_ptr<SipUdp> udp_;
  const std::shared_ptr<SipTcp> tcp_;
  const std::shared_ptr<SipTcp> tls_;
};

}  // namespace

Result<std::unique_ptr<SipSockets>> SipSockets::open(EventLoop& loop, const SocketAddress& local,
                                                     Observer& observer, Logger log,
                                                     SipTcpLimits limits, SipTls tls) {
  loop.check();
  if (local.empty()) return fail(Errc::InvalidArgument, "no address to bind");
  const auto tls_part = std::make_shared<SipTcp>(loop, observer, log, limits, tls);
  tls_part->set_local(local);
  if (tls.server) {
    const SocketAddress tls_local = local.with_port(tls.port);
    if (const error_code error = tls_part->listen(tls_local)) {
      return fail(Errc::Io, bind_error_text("TCP", tls_local, error.value()));
    }
  }
  for (int attempt = 1;; ++attempt) {
    auto udp_half = std::make_shared<SipUdp>(loop, observer, log);
    if (const error_code error = udp_half->bind(local)) {
      return fail(Errc::Io, bind_error_text("UDP", local, error.value()));
    }
    auto tcp_half = std::make_shared<SipTcp>(loop, observer, log, limits, std::nullopt);
    const SocketAddress chosen = udp_half->local_address();
    const error_code error = tcp_half->listen(chosen);
    if (!error)
      return std::make_unique<AsioSipSockets>(loop, std::move(udp_half), std::move(tcp_half),
                                              tls_part);
    // The free UDP port of our choice may be taken for TCP: another one, then.
    if (local.port() != 0 || attempt == kPortAttempts) {
      return fail(Errc::Io, bind_error_text("TCP", chosen, error.value()));
    }
  }
}

}  // namespace sipcast
