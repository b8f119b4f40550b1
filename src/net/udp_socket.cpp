#include <netinet/in.h>

#include <algorithm>
#include <cerrno>

#include "base/check.hpp"
#include "net/bind_error.hpp"
#include "net/dual_stack.hpp"
#include "net/media_loop.hpp"
#include "net/media_loop_core.hpp"

namespace sipcast {
namespace {

SocketAddress name_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(fd, address, &size) != 0) return {};
  return SocketAddress::from_sockaddr(address, size);
}

/// Returns what the kernel gave, in bytes of the caller (it keeps the double for its own needs).
int set_buffer(int fd, int option, int bytes) {
  ::setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes);
  int given = 0;
  socklen_t size = sizeof given;
  ::getsockopt(fd, SOL_SOCKET, option, &given, &size);
  return given / 2;
}

}  // namespace

UdpSocket::UdpSocket(std::unique_ptr<State> state) : state_(std::move(state)) {}

UdpSocket::~UdpSocket() {
  MediaLoop::Core& loop = state_->loop;
  loop.close(std::move(state_));
}

SocketAddress UdpSocket::local_address() const { return state_->local; }

std::span<uint8_t> UdpSocket::reserve(size_t size) { return state_->loop.reserve(*state_, size); }

void UdpSocket::commit(size_t written, const SocketAddress& to) {
  state_->loop.commit(*state_, written, to);
}

bool UdpSocket::send(BytesView datagram, const SocketAddress& to) {
  const std::span<uint8_t> space = reserve(datagram.size());
  if (space.empty()) return false;
  std::ranges::copy(datagram, space.begin());
  commit(datagram.size(), to);
  return true;
}

std::span<uint8_t> MediaLoop::Core::reserve(UdpSocket::State& socket, size_t size) {
  if (size == 0 || size > kMaxUdpPayload) return {};
  if (arena_size - arena_used < size) flush();
  reserved_by = &socket;
  reserved_size = size;
  return {&arena[arena_used], size};
}

void MediaLoop::Core::commit(UdpSocket::State& socket, size_t written, const SocketAddress& to) {
  CHECK(reserved_by == &socket && written <= reserved_size);
  reserved_by = nullptr;
  if (written == 0) return;
  const bool other_family =
      to.is_v6() != socket.local.is_v6() && !takes_both_families(socket.local);
  if (to.empty() || other_family) return count(dropped_total);
  socket.queue.add({&arena[arena_used], written}, to);
  arena_used += written;
  if (std::exchange(socket.dirty, true)) return;
  dirty.push_back(&socket);
}

void MediaLoop::Core::flush() {
  for (Pollable* one : dirty) one->flush();
  dirty.clear();
  arena_used = 0;
  reserved_by = nullptr;
}

void UdpSocket::State::flush() { loop.send_queued(*this); }

void MediaLoop::Core::send_queued(UdpSocket::State& socket) {
  SendCounts counts;
  socket.queue.flush(socket.fd.get(), send_batch, counts);
  socket.dirty = false;
  count(sent_total, counts.sent);
  count(dropped_total, counts.dropped);
  count(gso_batches_total, counts.gso_batches);
  count(gso_refused_total, counts.gso_refused);
  if (socket.closed) return;
  for (const SocketAddress& to : socket.queue.overflowed()) socket.reader.on_send_overflow(to);
}

/// Sends what is queued and closes. The state stays until the turn ends, because the turn may still
/// have it in its hands.
void MediaLoop::Core::close(std::unique_ptr<UdpSocket::State> socket) {
#ifndef NDEBUG
  CHECK(!running || thread_id == std::this_thread::get_id());
#endif
  socket->closed = true;
  if (socket->dirty) {
    send_queued(*socket);
    std::erase(dirty, static_cast<Pollable*>(socket.get()));
  }
  if (reserved_by == socket.get()) reserved_by = nullptr;
  socket->fd.reset();  // epoll forgets it
  if (in_turn) closed.push_back(std::move(socket));
}

Result<std::unique_ptr<UdpSocket>> MediaLoop::Core::bind(const SocketAddress& local,
                                                         DatagramReader& reader) {
  if (local.empty()) return fail(Errc::InvalidArgument, "no address to bind");
  UniqueFd fd(
      ::socket(local.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(Errc::Io, bind_error_text("UDP", local, errno));
  const int wanted = 1;
  if (local.is_v6()) {
    const int only = takes_both_families(local) ? 0 : 1;
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_RECVERR, &wanted, sizeof wanted);
  }
  if (!local.is_v6() || takes_both_families(local)) {
    ::setsockopt(fd.get(), IPPROTO_IP, IP_RECVERR, &wanted, sizeof wanted);
  }
  set_buffers(fd.get());
  sockaddr_storage storage{};
  const socklen_t size = local.to_sockaddr(storage);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0) {
    return fail(Errc::Io, bind_error_text("UDP", local, errno));
  }
  const SocketAddress bound = name_of(fd.get());
  auto state = std::make_unique<UdpSocket::State>(*this, reader, std::move(fd), bound, options.gso);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = static_cast<Pollable*>(state.get())}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, state->fd.get(), &event) != 0) {
    return fail(Errc::Io, bind_error_text("UDP", local, errno));
  }
  return std::make_unique<UdpSocket>(std::move(state));
}

void MediaLoop::Core::set_buffers(int fd) {
  const int asked = options.socket_buffer_bytes;
  const auto warn = [&](bool& warned, const char* what, int given, const char* sysctl) {
    if (given >= asked || std::exchange(warned, true)) return;
    log.warning(
        "asked the kernel for {} bytes of UDP {} buffer, got {}: raise it with `sysctl -w {}={}`",
        asked, what, given, sysctl, asked);
  };
  warn(warned_receive_buffer, "receive", set_buffer(fd, SO_RCVBUF, asked), "net.core.rmem_max");
  warn(warned_send_buffer, "send", set_buffer(fd, SO_SNDBUF, asked), "net.core.wmem_max");
}

}  // namespace sipcast
