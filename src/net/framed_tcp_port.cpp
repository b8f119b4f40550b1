#include "net/framed_tcp_port.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <unordered_map>

#include "net/bind_error.hpp"
#include "net/datagram_framer.hpp"
#include "net/dual_stack.hpp"
#include "net/media_loop_core.hpp"

namespace sipcast {
namespace {

constexpr int kBacklog = 256, kAcceptsPerTurn = 64;
/// Unsent bytes in the kernel: few, so that what a slow peer has not got yet waits where we see it.
constexpr int kUnsentInKernel = 16 * 1024;
constexpr size_t kReadBytes = 16 * 1024;

void set(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

struct Connection final : Pollable {
  Connection(FramedTcpPort::State& of, UniqueFd socket, const SocketAddress& from, Instant now)
      : port(of), fd(std::move(socket)), peer(from), opened(now), heard(now), progress(now) {}
  void on_events(uint32_t events) override;
  void flush() override;
  void read();
  void wait_for_room(bool wait);
  size_t queued() const { return out.size() - sent; }

  FramedTcpPort::State& port;
  UniqueFd fd;  // none: closed, and gone at the end of the turn
  const SocketAddress peer;
  const Instant opened;
  Instant heard, progress;  // last bytes from the peer, and to it
  Instant waiting_since{};  // while `waiting`
  DatagramFramer framer;
  Bytes out;
  size_t sent = 0;  // of `out`
  bool kept = false, dirty = false, waiting = false;
};

}  // namespace

struct FramedTcpPort::State final : Pollable {
  State(MediaLoop& of, MediaLoop::Core& its_core, DatagramReader& to, Options given)
      : loop(of), core(its_core), reader(to), options(given) {}
  void on_events(uint32_t events) override;
  bool accept_one();
  void listen_again(bool on);
  void sweep();
  void end(Connection& connection);
  void lost(Connection& connection);

  MediaLoop& loop;
  MediaLoop::Core& core;
  DatagramReader& reader;
  const Options options;
  UniqueFd fd;
  SocketAddress local;
  std::unordered_map<SocketAddress, std::unique_ptr<Connection>> connections;
  size_t strangers = 0;
  bool closed = false;
  MediaLoop::Timer timer;
  FramedTcpStats stats;
};

namespace {

void Connection::on_events(uint32_t events) {
  if (fd && (events & EPOLLOUT)) flush();
  if (fd && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) read();
}

void Connection::read() {
  std::array<uint8_t, kReadBytes> bytes;
  const ssize_t got = ::recv(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return port.lost(*this);
  heard = port.core.now;
  framer.append(BytesView(bytes).first(static_cast<size_t>(got)));
  while (fd) {  // the reader may close us
    const auto next = framer.next();
    if (!next) return port.lost(*this);
    if (!*next) return;
    count(port.core.received_total);
    port.reader.on_datagram(**next, peer, port.core.now);
  }
}

void Connection::flush() {
  dirty = false;
  if (!fd) return;
  while (queued() > 0) {
    const ssize_t wrote = ::send(fd.get(), &out[sent], queued(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno != EAGAIN) return;  // its end is read from the socket
    if (wrote < 0) break;
    sent += static_cast<size_t>(wrote);
    progress = port.core.now;
  }
  if (queued() == 0 || sent > out.size() / 2) {
    out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(sent));
    sent = 0;
  }
  wait_for_room(queued() > 0);
}

void Connection::wait_for_room(bool wait) {
  if (waiting == wait) return;
  waiting = wait;
  waiting_since = port.core.now;
  epoll_event event{.events = EPOLLIN | (wait ? EPOLLOUT : 0u),
                    .data = {.ptr = static_cast<Pollable*>(this)}};
  ::epoll_ctl(port.core.epoll.get(), EPOLL_CTL_MOD, fd.get(), &event);
}

}  // namespace

void FramedTcpPort::State::on_events(uint32_t) {
  for (int i = 0; i < kAcceptsPerTurn && !closed && accept_one(); ++i) {
  }
}

bool FramedTcpPort::State::accept_one() {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  UniqueFd accepted(::accept4(fd.get(), address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted) {
    if (errno == EMFILE || errno == ENFILE) listen_again(false);  // else epoll would spin
    return errno == EINTR || errno == ECONNABORTED;
  }
  const auto peer = SocketAddress::from_sockaddr(address, size).as_tcp();
  if (connections.size() >= options.max_connections || strangers >= options.max_strangers ||
      connections.contains(peer)) {
    ++stats.refused_total;
    return true;
  }
  set(accepted.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  set(accepted.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentInKernel);
  auto connection = std::make_unique<Connection>(*this, std::move(accepted), peer, core.now);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = static_cast<Pollable*>(connection.get())}};
  if (::epoll_ctl(core.epoll.get(), EPOLL_CTL_ADD, connection->fd.get(), &event) != 0) return true;
  connections.emplace(peer, std::move(connection));
  ++strangers;
  ++stats.accepted_total;
  return true;
}

void FramedTcpPort::State::listen_again(bool on) {
  epoll_event event{.events = on ? EPOLLIN : 0u, .data = {.ptr = static_cast<Pollable*>(this)}};
  ::epoll_ctl(core.epoll.get(), EPOLL_CTL_MOD, fd.get(), &event);
}

void FramedTcpPort::State::sweep() {
  std::vector<Connection*> over;
  for (const auto& [peer, connection] : connections) {
    const bool stranger =
        !connection->kept && core.now - connection->opened > options.stranger_timeout;
    const bool silent = core.now - connection->heard > options.silence_timeout;
    const bool stuck =
        connection->queued() > 0 && core.now - connection->progress > options.stuck_timeout;
    if (stranger || silent || stuck) over.push_back(connection.get());
  }
  stats.timed_out_total += over.size();
  for (Connection* connection : over) lost(*connection);
  listen_again(true);
  timer = loop.at(core.now + options.sweep_interval, [this] { sweep(); });
}

void FramedTcpPort::State::end(Connection& connection) {
  if (!connection.kept) --strangers;
  connection.fd.reset();  // epoll forgets it
  const auto found = connections.find(connection.peer);
  if (core.in_turn) core.closed.push_back(std::move(found->second));
  std::erase(core.dirty, static_cast<Pollable*>(&connection));
  connections.erase(found);
}

void FramedTcpPort::State::lost(Connection& connection) {
  const SocketAddress peer = connection.peer;
  end(connection);
  reader.on_port_unreachable(peer, core.now);
}

Result<std::unique_ptr<FramedTcpPort>> FramedTcpPort::open(MediaLoop& loop,
                                                           const SocketAddress& local,
                                                           DatagramReader& reader,
                                                           Options options) {
  loop.check();
  MediaLoop::Core& core = loop.core();
  auto state = std::make_unique<State>(loop, core, reader, options);
  state->fd.reset(
      ::socket(local.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!state->fd) return fail(Errc::Io, bind_error_text("TCP", local, errno));
  const int fd = state->fd.get();
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (local.is_v6()) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, takes_both_families(local) ? 0 : 1);
  sockaddr_storage storage{};
  socklen_t size = local.to_sockaddr(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = static_cast<Pollable*>(state.get())}};
  if (::bind(fd, address, size) != 0 || ::listen(fd, kBacklog) != 0 ||
      ::epoll_ctl(core.epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return fail(Errc::Io, bind_error_text("TCP", local, errno));
  }
  size = sizeof storage;
  ::getsockname(fd, address, &size);
  state->local = SocketAddress::from_sockaddr(address, size).as_tcp();
  state->timer =
      loop.at(loop.now() + options.sweep_interval, [raw = state.get()] { raw->sweep(); });
  return std::make_unique<FramedTcpPort>(std::move(state));
}

FramedTcpPort::FramedTcpPort(std::unique_ptr<State> state) : state_(std::move(state)) {}

FramedTcpPort::~FramedTcpPort() {
  while (!state_->connections.empty()) close(state_->connections.begin()->first);
  state_->closed = true;
  state_->timer.cancel();
  state_->fd.reset();
  if (state_->core.in_turn) state_->core.closed.push_back(std::move(state_));
}

SocketAddress FramedTcpPort::local_address() const { return state_->local; }

size_t FramedTcpPort::room(const SocketAddress& to) const {
  const auto found = state_->connections.find(to);
  if (found == state_->connections.end()) return 0;
  const size_t taken = found->second->queued() + 2;
  return taken < state_->options.max_queued_bytes ? state_->options.max_queued_bytes - taken : 0;
}

bool FramedTcpPort::congested(const SocketAddress& to) const {
  const auto found = state_->connections.find(to);
  if (found == state_->connections.end() || !found->second->waiting) return false;
  return state_->core.now - found->second->waiting_since > state_->options.max_delay;
}

bool FramedTcpPort::send(BytesView datagram, const SocketAddress& to) {
  if (datagram.empty() || datagram.size() > room(to)) {
    ++state_->stats.datagrams_dropped_total;
    return false;
  }
  Connection& connection = *state_->connections.at(to);
  if (connection.queued() == 0) connection.progress = state_->core.now;
  append_frame_length(datagram.size(), connection.out);
  connection.out.insert(connection.out.end(), datagram.begin(), datagram.end());
  count(state_->core.sent_total);
  if (connection.waiting || std::exchange(connection.dirty, true)) return true;
  state_->core.dirty.push_back(&connection);
  return true;
}

void FramedTcpPort::keep(const SocketAddress& peer) {
  const auto found = state_->connections.find(peer);
  if (found == state_->connections.end() || std::exchange(found->second->kept, true)) return;
  --state_->strangers;
}

void FramedTcpPort::close(const SocketAddress& peer) {
  const auto found = state_->connections.find(peer);
  if (found == state_->connections.end()) return;
  found->second->flush();
  state_->end(*found->second);
}

FramedTcpStats FramedTcpPort::stats() const { return state_->stats; }

}  // namespace sipcast
