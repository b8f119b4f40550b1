#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "net/asio_address.hpp"
#include "net/dual_stack.hpp"
#include "net/event_loop_asio.hpp"
#include "net/sip_tcp_asio.hpp"

namespace sipcast {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kReadsPerTurn = 4;
constexpr std::string_view kPing = "\r\n\r\n", kPong = "\r\n";

Instant clock_now() { return std::chrono::steady_clock::now(); }

}  // namespace

struct SipTcp::Connection {
  tcp::socket socket;
  SocketAddress peer;
  bool accepted;
  Instant started;
  Instant last_used;
  std::string host;  // over TLS: whom we wanted; "": its IP, or it came to us
  bool connected = false;
  bool heard = false;  // a whole message or a ping
  bool closed = false;
  std::unique_ptr<TlsSession> tls;  // none: plain TCP
  Instant pinged = started;
  bool pong_due = false;
  bool pongs = false;  // it has answered a ping: it speaks RFC 5626
  SipFramer framer;
  std::deque<Bytes> unsent;  // the first one is being written
  size_t unsent_bytes = 0;
};

SipTcp::SipTcp(EventLoop& loop, SipSockets::Observer& observer, Logger log, SipTcpLimits limits,
               std::optional<SipTls> tls)
    : loop_(loop),
      observer_(observer),
      log_(std::move(log)),
      limits_(limits),
      tls_(std::move(tls)),
      acceptor_(loop.asio().context) {}

SipTcp::~SipTcp() = default;

error_code SipTcp::listen(const SocketAddress& local) {
  local_ = local;
  const auto endpoint = to_endpoint<tcp::endpoint>(local);
  error_code error;
  const auto attempt = [&](auto&& step) {
    if (!error) step();
  };
  attempt([&] { acceptor_.open(endpoint.protocol(), error); });
  attempt([&] { acceptor_.set_option(tcp::acceptor::reuse_address(true), error); });
  if (local.is_v6()) {
    const asio::ip::v6_only only(!takes_both_families(local));
    attempt([&] { acceptor_.set_option(only, error); });
  }
  attempt([&] { acceptor_.bind(endpoint, error); });
  attempt([&] { acceptor_.listen(tcp::acceptor::max_listen_connections, error); });
  attempt([&] { acceptor_.non_blocking(true, error); });
  error_code ignored;
  if (error) acceptor_.close(ignored);
  port_ = acceptor_.local_endpoint(ignored).port();
  return error;
}

void SipTcp::start(const Self& self) {
  if (self->acceptor_.is_open()) accept(self);
  sweep_later(self);
}

void SipTcp::close() {
  closed_ = true;
  sweep_timer_.cancel();
  accept_timer_.cancel();
  error_code ignored;
  acceptor_.close(ignored);
  for (auto& [peer, connection] : std::exchange(connections_, {})) {
    connection->closed = true;
    connection->socket.close(ignored);
  }
}

void SipTcp::accept(const Self& self) {
  self->acceptor_.async_accept([self](const error_code& error, tcp::socket socket) {
    if (self->closed_) return;
    if (!error) {
      self->add_accepted(self, std::move(socket));
      return accept(self);
    }
    if (error == asio::error::operation_aborted) return;
    if (error == asio::error::connection_aborted) return accept(self);
    // Out of file descriptors or memory: not at once again.
    self->accept_timer_ =
        self->loop_.after(std::chrono::milliseconds(200), [weak = std::weak_ptr(self)] {
          if (const Self alive = weak.lock()) accept(alive);
        });
  });
}

void SipTcp::add_accepted(const Self& self, tcp::socket socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const SocketAddress peer = from_endpoint(endpoint);
  if (connections_.size() >= limits_.connections || connections_.contains(peer)) {
    log_.debug("SIP over {}: {} refused, {} connections are open", name(), peer.to_string(),
               connections_.size());
    return;
  }
  socket.non_blocking(true, error);
  socket.set_option(tcp::no_delay(true), error);
  const Instant now = clock_now();
  const ConnectionPtr connection(new Connection{.socket = std::move(socket),
                                                .peer = peer,
                                                .accepted = true,
                                                .started = now,
                                                .last_used = now,
                                                .connected = true});
  connections_.emplace(peer, connection);
  if (const auto secured = secure(self, connection); !secured) {
    return fail(self, connection, secured.error().cause);
  }
  read_when_ready(self, connection);
}

/// Begins TLS, where that is spoken: the first bytes of a client go out once TCP is connected.
Result<void> SipTcp::secure(const Self& self, const ConnectionPtr& connection) {
  if (!self->tls_) return {};
  const std::string& host = connection->host;
  auto session =
      connection->accepted
          ? TlsSession::accept(*self->tls_->server)
          : TlsSession::connect(*self->tls_->client, host.empty() ? connection->peer.ip() : host);
  if (!session) return std::unexpected(session.error());
  connection->tls = std::move(*session);
  push(self, connection, connection->tls->take_output());
  return {};
}

void SipTcp::sweep_later(const Self& self) {
  const SipTcpLimits& limits = self->limits_;
  const Duration shortest =
      std::min({limits.idle, limits.connect, limits.first_message, limits.ping, limits.pong});
  self->sweep_timer_ = self->loop_.after(std::min<Duration>(std::chrono::seconds(5), shortest / 2),
                                         [weak = std::weak_ptr(self)] {
                                           const Self alive = weak.lock();
                                           if (!alive) return;
                                           alive->sweep(alive);
                                           if (!alive->closed_) sweep_later(alive);
                                         });
}

void SipTcp::sweep(const Self& self) {
  const Instant now = clock_now();
  std::vector<ConnectionPtr> late;
  std::vector<ConnectionPtr> unreachable;
  std::vector<ConnectionPtr> quiet;
  for (const auto& [peer, connection] : connections_) {
    const bool secured = !connection->tls || connection->tls->established();
    const bool silent = connection->accepted && !connection->heard &&
                        now - connection->started >= limits_.first_message;
    if (!connection->connected || !secured) {
      if (now - connection->started >= limits_.connect) unreachable.push_back(connection);
    } else if (silent || now - connection->last_used >= limits_.idle) {
      late.push_back(connection);
    } else if (!connection->accepted) {
      quiet.push_back(connection);
    }
  }
  for (const ConnectionPtr& connection : late) drop(*connection);
  for (const ConnectionPtr& connection : unreachable) {
    fail(self, connection,
         connection->connected ? "the TLS handshake did not end in time"
                               : "no answer to the TCP connection attempt");
  }
  for (const ConnectionPtr& connection : quiet) ping(self, connection, now);
}

/// Many peers do not know RFC 5626: the lack of an answer means something only from one that has
/// answered before.
void SipTcp::ping(const Self& self, const ConnectionPtr& connection, Instant now) {
  if (connection->pong_due && connection->pongs) {
    if (now - connection->pinged < self->limits_.pong) return;
    return fail(self, connection, "no answer to a keep-alive ping");
  }
  if (now - connection->pinged < self->limits_.ping) return;
  connection->pinged = now;
  connection->pong_due = true;
  connection->framer.expect_pong();
  const Instant last_used = connection->last_used;
  queue(self, connection, as_bytes(kPing));
  connection->last_used = last_used;  // a ping alone keeps no connection
}

SipTcp::ConnectionPtr SipTcp::find(const SocketAddress& peer, const std::string& host) const {
  const auto [first, last] = connections_.equal_range(peer);
  const auto found = std::find_if(
      first, last, [&](const auto& entry) { return host.empty() || entry.second->host == host; });
  return found == last ? nullptr : found->second;
}

void SipTcp::send(const Self& self, BytesView message, const SocketAddress& to,
                  const std::string& host) {
  if (const ConnectionPtr known = self->find(to, host)) return queue(self, known, message);
  if (self->tls_ && !self->tls_->client) return report_failure(self, to, "SIP over TLS is off");
  if (self->connections_.size() >= self->limits_.connections) {
    return report_failure(self, to, fmt::format("too many {} connections are open", self->name()));
  }
  const Instant now = clock_now();
  const ConnectionPtr connection(new Connection{.socket = tcp::socket(self->loop_.asio().context),
                                                .peer = to,
                                                .accepted = false,
                                                .started = now,
                                                .last_used = now,
                                                .host = host});
  self->connections_.emplace(to, connection);
  if (const auto secured = secure(self, connection); !secured) {
    return fail(self, connection, secured.error().cause);
  }
  queue(self, connection, message);
  if (connection->closed) return;
  connect(self, connection);
}

void SipTcp::connect(const Self& self, const ConnectionPtr& connection) {
  const auto endpoint = to_endpoint<tcp::endpoint>(connection->peer);
  error_code error;
  connection->socket.open(endpoint.protocol(), error);
  if (!error && !self->local_.is_any() && self->local_.is_v6() == connection->peer.is_v6()) {
    // The address that peers know us by; any port.
    connection->socket.bind(to_endpoint<tcp::endpoint>(self->local_.with_port(0)), error);
  }
  if (!error) connection->socket.non_blocking(true, error);
  if (error) return fail(self, connection, error.message());
  connection->socket.async_connect(endpoint, [self, connection](const error_code& failed) {
    if (connection->closed) return;
    if (failed) return fail(self, connection, "cannot connect: " + failed.message());
    error_code ignored;
    connection->socket.set_option(tcp::no_delay(true), ignored);
    connection->connected = true;
    connection->last_used = clock_now();
    read_when_ready(self, connection);
    write(self, connection);
  });
}

void SipTcp::read_when_ready(const Self& self, const ConnectionPtr& connection) {
  connection->socket.async_wait(tcp::socket::wait_read,
                                [self, connection](const error_code& error) {
                                  if (connection->closed) return;
                                  if (error) return fail(self, connection, error.message());
                                  if (read(self, connection)) read_when_ready(self, connection);
                                });
}

bool SipTcp::read(const Self& self, const ConnectionPtr& connection) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    error_code error;
    const size_t size = connection->socket.read_some(asio::buffer(self->buffer_), error);
    if (error == asio::error::would_block || error == asio::error::interrupted) return true;
    if (error) {
      fail(self, connection,
           error == asio::error::eof ? "closed by the peer"
                                     : "connection broke: " + error.message());
      return false;
    }
    BytesView plain = BytesView(self->buffer_).first(size);
    if (connection->tls) {
      self->plain_.clear();
      const bool before = connection->tls->established();
      const auto received = connection->tls->receive(plain, self->plain_);
      push(self, connection, connection->tls->take_output());  // an alert, too
      if (!received) fail(self, connection, received.error().cause);
      if (connection->closed) return false;
      if (!before && connection->tls->established()) {
        self->log_.debug("SIP over TLS: {}: {}", connection->peer.to_string(),
                         connection->tls->description());
      }
      plain = self->plain_;
    }
    connection->framer.append(plain);
    if (!take_messages(self, connection)) return false;
  }
  return true;
}

bool SipTcp::take_messages(const Self& self, const ConnectionPtr& connection) {
  while (!connection->closed) {
    const auto event = connection->framer.next();
    if (!event) {
      fail(self, connection, "the peer sent what is no SIP: " + event.error().cause);
      return false;
    }
    if (!*event) return true;
    connection->heard = true;
    if ((*event)->kind != SipFramer::Event::Kind::Pong) connection->last_used = clock_now();
    switch ((*event)->kind) {
      case SipFramer::Event::Kind::Pong:
        connection->pong_due = false;
        connection->pongs = true;
        break;
      case SipFramer::Event::Kind::Ping:
        queue(self, connection, as_bytes(kPong));
        break;
      case SipFramer::Event::Kind::Message:
        self->observer_.on_message((*event)->message,
                                   self->tls_ ? SipTransport::Tls : SipTransport::Tcp,
                                   connection->peer);
        break;
    }
  }
  return false;
}

void SipTcp::queue(const Self& self, const ConnectionPtr& connection, BytesView bytes) {
  if (bytes.empty()) return;
  connection->last_used = clock_now();
  if (!self->tls_) return push(self, connection, Bytes(bytes.begin(), bytes.end()));
  const auto sealed = connection->tls->send(bytes);
  if (!sealed) return fail(self, connection, sealed.error().cause);
  push(self, connection, connection->tls->take_output());
}

void SipTcp::push(const Self& self, const ConnectionPtr& connection, Bytes wire) {
  if (wire.empty()) return;
  if (connection->unsent_bytes + wire.size() > self->limits_.unsent_bytes) {
    return fail(self, connection, "the peer does not read what is sent to it");
  }
  connection->unsent_bytes += wire.size();
  connection->unsent.push_back(std::move(wire));
  if (connection->connected && connection->unsent.size() == 1) write(self, connection);
}

void SipTcp::write(const Self& self, const ConnectionPtr& connection) {
  if (connection->unsent.empty()) return;
  asio::async_write(connection->socket, asio::buffer(connection->unsent.front()),
                    [self, connection](const error_code& error, size_t) {
                      if (connection->closed) return;
                      if (error) return fail(self, connection, "cannot send: " + error.message());
                      connection->unsent_bytes -= connection->unsent.front().size();
                      connection->unsent.pop_front();
                      write(self, connection);
                    });
}

void SipTcp::drop(Connection& connection) {
  connection.closed = true;
  error_code ignored;
  connection.socket.close(ignored);
  const auto [first, last] = connections_.equal_range(connection.peer);
  const auto found = std::find_if(
      first, last, [&](const auto& entry) { return entry.second.get() == &connection; });
  if (found != last) connections_.erase(found);
}

void SipTcp::fail(const Self& self, const ConnectionPtr& connection, const std::string& cause) {
  if (connection->closed) return;
  self->drop(*connection);
  self->log_.debug("SIP over {}: {}: {}", self->name(), connection->peer.to_string(), cause);
  report_failure(self, connection->peer, cause);
}

void SipTcp::report_failure(const Self& self, const SocketAddress& to, std::string cause) {
  self->loop_.post([weak = std::weak_ptr(self), to, cause = std::move(cause)] {
    const Self alive = weak.lock();
    if (alive && !alive->closed_) alive->observer_.on_tcp_failed(to, cause);
  });
}

}  // namespace sipcast
