#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "net/asio_address.hpp"
#include "net/event_loop_asio.hpp"
#include "net/sip_tcp_asio.hpp"

namespace sipcast {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kReadsPerTurn = 4;
constexpr std::string_view kPong = "\r\n";

Instant clock_now() { return std::chrono::steady_clock::now(); }

}  // namespace

struct SipTcp::Connection {
  tcp::socket socket;
  SocketAddress peer;
  bool accepted;
  Instant started;
  Instant last_used;
  bool connected = false;
  bool heard = false;  // a whole message or a ping
  bool closed = false;
  SipFramer framer;
  std::deque<Bytes> unsent;  // the first one is being written
  size_t unsent_bytes = 0;
};

SipTcp::SipTcp(EventLoop& loop, SipSockets::Observer& observer, Logger log, SipTcpLimits limits)
    : loop_(loop),
      observer_(observer),
      log_(std::move(log)),
      limits_(limits),
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
  if (local.is_v6()) attempt([&] { acceptor_.set_option(asio::ip::v6_only(true), error); });
  attempt([&] { acceptor_.bind(endpoint, error); });
  attempt([&] { acceptor_.listen(tcp::acceptor::max_listen_connections, error); });
  attempt([&] { acceptor_.non_blocking(true, error); });
  if (error) {
    error_code ignored;
    acceptor_.close(ignored);
  }
  return error;
}

void SipTcp::start(const Self& self) {
  accept(self);
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
    log_.debug("SIP over TCP: {} refused, {} connections are open", peer.to_string(),
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
  read_when_ready(self, connection);
}

void SipTcp::sweep_later(const Self& self) {
  const SipTcpLimits& limits = self->limits_;
  const Duration shortest = std::min({limits.idle, limits.connect, limits.first_message});
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
  for (const auto& [peer, connection] : connections_) {
    const bool silent = connection->accepted && !connection->heard &&
                        now - connection->started >= limits_.first_message;
    if (!connection->connected) {
      if (now - connection->started >= limits_.connect) unreachable.push_back(connection);
    } else if (silent || now - connection->last_used >= limits_.idle) {
      late.push_back(connection);
    }
  }
  for (const ConnectionPtr& connection : late) drop(*connection);
  for (const ConnectionPtr& connection : unreachable) {
    fail(self, connection, "no answer to the TCP connection attempt");
  }
}

void SipTcp::send(const Self& self, BytesView message, const SocketAddress& to) {
  if (const auto found = self->connections_.find(to); found != self->connections_.end()) {
    return queue(self, ConnectionPtr(found->second), message);
  }
  if (self->connections_.size() >= self->limits_.connections) {
    return report_failure(self, to, "too many TCP connections are open");
  }
  const Instant now = clock_now();
  const ConnectionPtr connection(new Connection{.socket = tcp::socket(self->loop_.asio().context),
                                                .peer = to,
                                                .accepted = false,
                                                .started = now,
                                                .last_used = now});
  self->connections_.emplace(to, connection);
  queue(self, connection, message);
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
    connection->framer.append(BytesView(self->buffer_).first(size));
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
    connection->last_used = clock_now();
    switch ((*event)->kind) {
      case SipFramer::Event::Kind::Ping:
        queue(self, connection, as_bytes(kPong));
        break;
      case SipFramer::Event::Kind::Message:
        self->observer_.on_message((*event)->message, true, connection->peer);
        break;
    }
  }
  return false;
}

void SipTcp::queue(const Self& self, const ConnectionPtr& connection, BytesView bytes) {
  if (bytes.empty()) return;
  if (connection->unsent_bytes + bytes.size() > self->limits_.unsent_bytes) {
    return fail(self, connection, "the peer does not read what is sent to it");
  }
  connection->unsent.emplace_back(bytes.begin(), bytes.end());
  connection->unsent_bytes += bytes.size();
  connection->last_used = clock_now();
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
  const auto found = connections_.find(connection.peer);
  if (found != connections_.end() && found->second.get() == &connection) connections_.erase(found);
}

void SipTcp::fail(const Self& self, const ConnectionPtr& connection, const std::string& cause) {
  if (connection->closed) return;
  self->drop(*connection);
  self->log_.debug("SIP over TCP: {}: {}", connection->peer.to_string(), cause);
  report_failure(self, connection->peer, cause);
}

void SipTcp::report_failure(const Self& self, const SocketAddress& to, std::string cause) {
  self->loop_.post([weak = std::weak_ptr(self), to, cause = std::move(cause)] {
    const Self alive = weak.lock();
    if (alive && !alive->closed_) alive->observer_.on_tcp_failed(to, cause);
  });
}

}  // namespace sipcast
