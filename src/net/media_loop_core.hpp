#pragma once
// Private to media_loop.cpp, udp_socket.cpp and framed_tcp_port.cpp.
#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "net/media_loop.hpp"
#include "net/send_queue.hpp"
#include "net/timer_heap.hpp"
#include "net/unique_fd.hpp"

namespace sipcast {

/// What a loop's epoll tells of. Whoever is closed in a turn stays until its end (Core::closed).
struct Pollable {
  virtual ~Pollable() = default;
  virtual void on_events(uint32_t events) = 0;
  virtual void flush() {}  ///< for who is in Core::dirty
};

struct UdpSocket::State final : Pollable {
  State(MediaLoop::Core& of, DatagramReader& to, UniqueFd socket, const SocketAddress& bound,
        bool gso)
      : loop(of), reader(to), fd(std::move(socket)), local(bound), queue(gso) {}
  void on_events(uint32_t events) override;
  void flush() override;

  MediaLoop::Core& loop;
  DatagramReader& reader;
  UniqueFd fd;
  SocketAddress local;
  SendQueue queue;
  bool dirty = false;   // listed in Core::dirty
  bool closed = false;  // its UdpSocket is gone; freed at the end of the turn
};

/// Space for what recvmmsg brings in one call.
class ReceiveBatch {
 public:
  static constexpr size_t kDatagrams = 64;
  static constexpr size_t kDatagramSize = 9'216;  // a jumbo frame
  ReceiveBatch();
  /// The number of datagrams, or -1 with errno.
  int receive(int fd);
  bool truncated(size_t i) const { return (messages_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0; }
  BytesView datagram(size_t i) const { return {&bytes_[i * kDatagramSize], messages_[i].msg_len}; }
  SocketAddress from(size_t i) const;

 private:
  std::vector<uint8_t> bytes_;
  std::array<mmsghdr, kDatagrams> messages_{};
  std::array<iovec, kDatagrams> pieces_{};
  std::array<sockaddr_storage, kDatagrams> addresses_{};
};

struct MediaLoop::Core {
  using Task = std::move_only_function<void()>;
  using Counter = std::atomic<uint64_t>;  // written by the loop alone, read by any thread

  Core(Options loop_options, Logger logger);
  void run();
  void turn(int timeout_ms);
  int timeout_ms();
  bool run_posted();  ///< false: stop() was called, and what was posted before has run
  void run_timers();
  void drain(UdpSocket::State& socket);
  void deliver(UdpSocket::State& socket, size_t count);
  void drain_errors(UdpSocket::State& socket);
  void wake();
  void drop_queued();

  std::span<uint8_t> reserve(UdpSocket::State& socket, size_t size);
  void commit(UdpSocket::State& socket, size_t written, const SocketAddress& to);
  void flush();
  void send_queued(UdpSocket::State& socket);
  void close(std::unique_ptr<UdpSocket::State> socket);
  Result<std::unique_ptr<UdpSocket>> bind(const SocketAddress& local, DatagramReader& reader);
  void set_buffers(int fd);

  const Options options;
  const Logger log;
  UniqueFd epoll;
  UniqueFd wakeup;
  std::thread thread;
  std::atomic<bool> running = false;
  std::atomic<std::thread::id> thread_id;

  std::mutex mutex;  // guards the next two
  std::vector<Task> posted;
  bool stopping = false;

  // The loop's own.
  bool in_turn = false;
  Instant now{};
  std::vector<Task> batch;
  TimerHeap timers;
  std::vector<uint64_t> due;
  std::array<epoll_event, 256> events{};
  ReceiveBatch received;
  const std::unique_ptr<uint8_t[]> arena;  // what this turn sends
  const size_t arena_size;
  size_t arena_used = 0;
  UdpSocket::State* reserved_by = nullptr;
  size_t reserved_size = 0;
  SendBatch send_batch;
  std::vector<Pollable*> dirty;  // with something to send
  std::vector<std::unique_ptr<Pollable>> closed;
  bool warned_receive_buffer = false;
  bool warned_send_buffer = false;

  Counter received_total = 0;
  Counter receive_errors_total = 0;
  Counter truncated_total = 0;
  Counter sent_total = 0;
  Counter dropped_total = 0;
  Counter gso_batches_total = 0;
  Counter gso_refused_total = 0;
};

/// Cheaper than an atomic increment: there is one writer.
inline void count(std::atomic<uint64_t>& counter, uint64_t amount = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace sipcast
