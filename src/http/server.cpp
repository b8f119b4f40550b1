#include "http/server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/check.hpp"
#include "http/connection_asio.hpp"
#include "net/dual_stack.hpp"
#include "net/event_loop_asio.hpp"

namespace sipcast::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Acceptor = asio::ip::tcp::acceptor;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr int kBacklog = 1024;
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);  // when out of descriptors
constexpr size_t kRefusing = 64;  // connections beyond the limit that get a 503

class SocketHandle {
 public:
  explicit SocketHandle(int fd) : fd_(fd) {}
  SocketHandle(SocketHandle&& other) noexcept : fd_(other.release()) {}
  SocketHandle& operator=(SocketHandle&&) = delete;
  ~SocketHandle() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// Why a socket cannot listen, with what to do about it.
std::string listen_cause(const SocketAddress& local, int error) {
  const std::string what = "cannot listen on TCP " + local.to_string() + ": ";
  switch (error) {
    case EADDRINUSE:
      return what + fmt::format(
                        "address in use (another program holds it: `ss -ltnp 'sport = "
                        ":{}'` tells which)",
                        local.port());
    case EACCES:
      return what + "permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)";
    case EADDRNOTAVAIL:
      return what + "this host has no such address (`ip address` tells which)";
    default:
      return what + std::strerror(error);
  }
}

Result<SocketHandle> listen_on(const SocketAddress& local) {
  const int family = local.is_v6() ? AF_INET6 : AF_INET;
  SocketHandle socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const int v6_only = takes_both_families(local) ? 0 : 1;
  sockaddr_storage address{};
  const socklen_t length = local.to_sockaddr(address);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);  // as bind(2) wants it
  if (socket.get() < 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      (local.is_v6() &&
       ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only)) != 0) ||
      ::bind(socket.get(), generic, length) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    return fail(Errc::Io, listen_cause(local, errno));
  }
  return socket;
}

SocketAddress bound_address(const SocketHandle& socket, const SocketAddress& fallback) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);  // as getsockname(2) wants it
  if (::getsockname(socket.get(), generic, &length) != 0) return fallback;
  return SocketAddress::from_sockaddr(generic, length);
}

SocketAddress to_address(const asio::ip::tcp::endpoint& endpoint) {
  return SocketAddress::from_sockaddr(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
}

/// One listening socket. Web loop.
struct Listener {
  Acceptor acceptor;
  std::shared_ptr<TlsCredentials> tls;  // null: plain
};

/// Ends a connection whose coroutine threw, which is only out of memory.
auto log_exception(const ServerStatePtr& server) {
  return [server](const std::exception_ptr& thrown) {
    if (thrown) server->log.error("a connection ended with an exception");
  };
}

void start_connection(const ServerStatePtr& server, const Listener& listener,
                      ByteStream::Socket socket, const SocketAddress& remote) {
  const auto executor = socket.get_executor();
  const size_t open = server->connections.size();
  if (open >= server->options.max_connections) {
    if (listener.tls || open >= server->options.max_connections + kRefusing) return;  // closes it
    asio::co_spawn(executor, refuse_connection(server, std::move(socket)), log_exception(server));
    return;
  }
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  SslContextPtr context = listener.tls ? listener.tls->state().current() : nullptr;
  asio::co_spawn(executor, serve_connection(server, std::move(socket), remote, std::move(context)),
                 log_exception(server));
}

asio::awaitable<void> accept_all(ServerStatePtr server, std::shared_ptr<Listener> listener) {
  while (!server->stopping) {
    asio::ip::tcp::endpoint remote;
    auto [error, socket] = co_await listener->acceptor.async_accept(remote, kTuple);
    if (server->stopping || error == asio::error::operation_aborted) co_return;
    if (!error) {
      start_connection(server, *listener, std::move(socket), to_address(remote));
    } else if (error != asio::error::connection_aborted) {
      asio::steady_timer pause(listener->acceptor.get_executor(), kAcceptPause);
      co_await pause.async_wait(kTuple);
    }
  }
}

}  // namespace

struct Server::State {
  State(EventLoop& loop, const Router& router, ServerOptions options, Logger log)
      : server(std::make_shared<ServerState>(loop, router, options, std::move(log))) {}

  const ServerStatePtr server;
  std::vector<std::shared_ptr<Listener>> listeners;  // web loop

  void start_listener(SocketHandle socket, const SocketAddress& local,
                      std::shared_ptr<TlsCredentials> tls) {
    if (server->stopping) return;
    auto listener =
        std::make_shared<Listener>(Acceptor(server->loop.asio().context), std::move(tls));
    error_code error;
    listener->acceptor.assign(local.is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4(),
                              socket.get(), error);
    if (error) {
      server->log.error("cannot accept on TCP {}: {}", local.to_string(), error.message());
      return;
    }
    socket.release();
    listeners.push_back(listener);
    asio::co_spawn(listener->acceptor.get_executor(), accept_all(server, listener),
                   log_exception(server));
  }
  void close_listeners() {
    error_code ignored;
    for (const auto& listener : listeners) listener->acceptor.close(ignored);
  }
};

Server::Server(EventLoop& loop, const Router& router, ServerOptions options, Logger log)
    : state_(std::make_shared<State>(loop, router, options, std::move(log))) {}

Server::~Server() {
  ServerState& server = *state_->server;
  CHECK(!server.loop.in_loop());
  std::future<void> drained = server.drained.get_future();
  server.loop.post([state = state_] {
    state->close_listeners();
    state->server->shut_down();
  });
  const std::atomic<bool>& running = server.loop.asio().running;
  while (running && drained.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
  }
  if (!running && !server.drained_set) {  // the loop is over, so this thread may do its work
    server.stopping = true;
    state_->close_listeners();
    const std::vector<OpenConnection*> open(server.connections.begin(), server.connections.end());
    for (OpenConnection* connection : open) connection->abandon();
  }
  server.gate->shut();
}

Result<SocketAddress> Server::listen(const SocketAddress& local,
                                     std::shared_ptr<TlsCredentials> tls) {
  Result<SocketHandle> socket = listen_on(local);
  if (!socket) return std::unexpected(socket.error());
  const SocketAddress bound = bound_address(*socket, local);
  state_->server->loop.post(
      [state = state_, bound, tls = std::move(tls), socket = std::move(*socket)]() mutable {
        state->start_listener(std::move(socket), bound, std::move(tls));
      });
  return bound;
}

}  // namespace sipcast::http
