#include "net/media_loop.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/check.hpp"
#include "net/media_loop_core.hpp"

namespace sipcast {
namespace {

constexpr int kReceivesPerTurn = 4;
constexpr int kErrorsPerTurn = 64;
// A burst of 8 packets to 400 viewers: a smaller arena is flushed before GSO has runs to join.
constexpr size_t kArenaBytes = 4 << 20;

}  // namespace

ReceiveBatch::ReceiveBatch() : bytes_(kDatagrams * kDatagramSize) {
  for (size_t i = 0; i < kDatagrams; ++i) {
    pieces_[i] = {&bytes_[i * kDatagramSize], kDatagramSize};
    messages_[i].msg_hdr.msg_iov = &pieces_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &addresses_[i];
  }
}

int ReceiveBatch::receive(int fd) {
  for (mmsghdr& message : messages_) message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  return ::recvmmsg(fd, messages_.data(), kDatagrams, MSG_DONTWAIT, nullptr);
}

SocketAddress ReceiveBatch::from(size_t i) const {
  // sockaddr is how the kernel's interface says "any of them".
  return SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&addresses_[i]),
                                      messages_[i].msg_hdr.msg_namelen);
}

MediaLoop::Core::Core(Options loop_options, Logger logger)
    : options(std::move(loop_options)),
      log(std::move(logger)),
      arena(std::make_unique_for_overwrite<uint8_t[]>(kArenaBytes)),
      arena_size(kArenaBytes) {
  epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
  wakeup.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (!epoll || !wakeup || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wakeup.get(), &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make the epoll of a loop");
  }
}

void MediaLoop::Core::run() {
  thread_id = std::this_thread::get_id();
  pthread_setname_np(pthread_self(), options.name.substr(0, 15).c_str());
  flush();  // what was sent before start()
  while (true) {
    in_turn = true;
    turn(timeout_ms());
    const bool goes_on = run_posted();
    flush();
    in_turn = false;
    std::exchange(closed, {}).clear();
    if (!goes_on) break;
  }
  drop_queued();
}

int MediaLoop::Core::timeout_ms() {
  const auto next = timers.next();
  if (!next) return -1;
  const auto wait = *next - std::chrono::steady_clock::now();
  if (wait <= Duration::zero()) return 0;
  // Rounded up: a timer may be late by up to a millisecond, never early.
  return static_cast<int>(
      std::min<int64_t>(std::chrono::ceil<std::chrono::milliseconds>(wait).count(), 60'000));
}

void MediaLoop::Core::turn(int timeout_ms) {
  const int ready =
      ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  now = std::chrono::steady_clock::now();
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (auto* ready_one = static_cast<Pollable*>(event.data.ptr)) {
      ready_one->on_events(event.events);
    } else {
      uint64_t posts = 0;
      if (::read(wakeup.get(), &posts, sizeof posts) < 0) continue;  // woken all the same
    }
  }
  run_timers();
}

void UdpSocket::State::on_events(uint32_t events) {
  if (events & EPOLLERR) loop.drain_errors(*this);
  loop.drain(*this);
}

void MediaLoop::Core::drain(UdpSocket::State& socket) {
  for (int i = 0; i < kReceivesPerTurn && !socket.closed; ++i) {
    const int got = received.receive(socket.fd.get());
    if (got >= 0) {
      deliver(socket, static_cast<size_t>(got));
      if (static_cast<size_t>(got) < ReceiveBatch::kDatagrams) return;
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      count(receive_errors_total);  // mostly an ICMP error; there may be datagrams behind it
    }
  }
}

void MediaLoop::Core::deliver(UdpSocket::State& socket, size_t datagrams) {
  count(received_total, datagrams);
  for (size_t i = 0; i < datagrams && !socket.closed; ++i) {
    if (received.truncated(i)) {
      count(truncated_total);
    } else {
      socket.reader.on_datagram(received.datagram(i), received.from(i), now);
    }
  }
}

/// The socket's error queue: what came back of what was sent (IP_RECVERR, IPV6_RECVERR).
void MediaLoop::Core::drain_errors(UdpSocket::State& socket) {
  for (int i = 0; i < kErrorsPerTurn && !socket.closed; ++i) {
    sockaddr_storage sent_to{};
    alignas(cmsghdr) std::array<uint8_t, 256> control{};
    msghdr message{};
    message.msg_name = &sent_to;
    message.msg_namelen = sizeof sent_to;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(socket.fd.get(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
    count(receive_errors_total);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      const bool v4 = header->cmsg_level == SOL_IP && header->cmsg_type == IP_RECVERR;
      const bool v6 = header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_RECVERR;
      if ((!v4 && !v6) || header->cmsg_len < CMSG_LEN(sizeof(sock_extended_err))) continue;
      sock_extended_err error{};
      std::memcpy(&error, CMSG_DATA(header), sizeof error);
      if (error.ee_errno != ECONNREFUSED || socket.closed) continue;
      const auto* address = reinterpret_cast<const sockaddr*>(&sent_to);
      socket.reader.on_port_unreachable(SocketAddress::from_sockaddr(address, message.msg_namelen),
                                        now);
    }
  }
}

void MediaLoop::Core::run_timers() {
  timers.due(now, due);
  for (const uint64_t id : due) {
    if (Task task = timers.take(id)) task();
  }
}

bool MediaLoop::Core::run_posted() {
  bool last = false;
  {
    const std::lock_guard lock(mutex);
    batch.swap(posted);
    last = stopping;
  }
  for (Task& task : batch) std::exchange(task, nullptr)();
  batch.clear();
  return !last;
}

/// Destroys what stop() found too late to run, on the loop's thread.
void MediaLoop::Core::drop_queued() {
  std::vector<Task> dropped;
  {
    const std::lock_guard lock(mutex);
    dropped.swap(posted);
  }
  dropped.clear();
  timers.clear();
}

void MediaLoop::Core::wake() {
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the loop wakes anyway.
  [[maybe_unused]] const ssize_t written = ::write(wakeup.get(), &one, sizeof one);
}

MediaLoop::MediaLoop(Options options, Logger log)
    : core_(std::make_unique<Core>(std::move(options), std::move(log))) {}

MediaLoop::~MediaLoop() { stop(); }

void MediaLoop::start() {
  CHECK(!core_->thread.joinable());
  core_->running = true;
  core_->thread = std::thread([core = core_.get()] { core->run(); });
}

void MediaLoop::stop() {
  CHECK(!core_->running || !in_loop());
  {
    const std::lock_guard lock(core_->mutex);
    if (std::exchange(core_->stopping, true)) return;
  }
  if (core_->thread.joinable()) {
    core_->wake();
    core_->thread.join();
    core_->running = false;
    return;
  }
  core_->run_posted();  // of a loop that was never started
  core_->flush();
  core_->drop_queued();
}

void MediaLoop::post(std::move_only_function<void()> task) {
  const std::lock_guard lock(core_->mutex);
  core_->posted.push_back(std::move(task));
  if (core_->posted.size() == 1) core_->wake();
}

bool MediaLoop::in_loop() const { return core_->thread_id == std::this_thread::get_id(); }

void MediaLoop::check() const {
#ifndef NDEBUG
  CHECK(!core_->running || in_loop());
#endif
}

Instant MediaLoop::now() const {
  return core_->in_turn ? core_->now : std::chrono::steady_clock::now();
}

Result<std::unique_ptr<UdpSocket>> MediaLoop::bind(const SocketAddress& local,
                                                   DatagramReader& reader) {
  check();
  return core_->bind(local, reader);
}

MediaLoop::Timer::Timer(Timer&& other) noexcept
    : loop_(std::exchange(other.loop_, nullptr)), id_(std::exchange(other.id_, 0)) {}

MediaLoop::Timer& MediaLoop::Timer::operator=(Timer&& other) noexcept {
  if (this == &other) return *this;
  cancel();
  loop_ = std::exchange(other.loop_, nullptr);
  id_ = std::exchange(other.id_, 0);
  return *this;
}

void MediaLoop::Timer::cancel() {
  if (MediaLoop* loop = std::exchange(loop_, nullptr)) {
    loop->check();
    loop->core_->timers.cancel(id_);
  }
}

MediaLoop::Timer MediaLoop::at(Instant at, std::move_only_function<void()> task) {
  check();
  return Timer(this, core_->timers.add(at, std::move(task)));
}

MediaLoopStats MediaLoop::stats() const {
  const auto value = [](const Core::Counter& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  return {.datagrams_received_total = value(core_->received_total),
          .datagrams_sent_total = value(core_->sent_total),
          .datagrams_dropped_total = value(core_->dropped_total),
          .gso_batches_total = value(core_->gso_batches_total),
          .gso_refused_total = value(core_->gso_refused_total),
          .receive_errors_total = value(core_->receive_errors_total),
          .datagrams_truncated_total = value(core_->truncated_total)};
}

}  // namespace sipcast
