#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "base/time.hpp"

namespace sipcast {

/// Receives the datagrams of one UDP socket, on its media loop.
class DatagramReader {
 public:
  virtual ~DatagramReader() = default;
  /// `datagram` is valid during the call only. `now` is the same for all of one turn.
  virtual void on_datagram(BytesView datagram, const SocketAddress& from, Instant now) = 0;
  /// An ICMP message says that nobody listens at `to`, where something was sent. Anybody can write
  /// one: it is a hint, and no more.
  virtual void on_port_unreachable(const SocketAddress& to, Instant now) {
    (void)to;
    (void)now;
  }
  /// The kernel's buffer was full: some of what was sent to `to` in this turn is lost. May come
  /// from within reserve() of any socket of the loop; nothing may be sent from here.
  virtual void on_send_overflow(const SocketAddress& to) { (void)to; }
};

class MediaLoop;

/// A bound UDP socket of one media loop: drained with recvmmsg, sent with sendmmsg and, for runs of
/// equal-size datagrams to one peer, UDP GSO. Loop thread only; its destructor stops the reading.
class UdpSocket {
 public:
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  SocketAddress local_address() const;
  /// Space for one datagram of up to `size` bytes in the loop's send arena, sent at the end of the
  /// turn (or when the arena is full). Commit what was written with commit(). Empty when the queue
  /// is full: the caller drops and counts.
  std::span<uint8_t> reserve(size_t size);
  void commit(size_t written, const SocketAddress& to);
  /// reserve + copy + commit; false when dropped.
  bool send(BytesView datagram, const SocketAddress& to);

  struct State;
  explicit UdpSocket(std::unique_ptr<State> state);

 private:
  friend class MediaLoop;
  std::unique_ptr<State> state_;
};

struct MediaLoopStats {
  uint64_t datagrams_received_total = 0;
  uint64_t datagrams_sent_total = 0;
  uint64_t datagrams_dropped_total = 0;    ///< the kernel's send buffer was full, or an error
  uint64_t gso_batches_total = 0;          ///< super-packets that the kernel took
  uint64_t gso_refused_total = 0;          ///< super-packets that went again as plain datagrams
  uint64_t receive_errors_total = 0;       ///< ICMP errors and the like
  uint64_t datagrams_truncated_total = 0;  ///< larger than 9,216 bytes: dropped
};

/// One thread with its own epoll that moves packets. Everything but post() and start/stop is for
/// the loop thread itself.
class MediaLoop {
 public:
  struct Options {
    std::string name = "media0";
    bool gso = true;  ///< false: plain sendmmsg (what kernels and NICs without UDP GSO get)
    int socket_buffer_bytes = 4 << 20;  ///< asked of the kernel for shared (viewer) sockets
  };
  MediaLoop(Options options, Logger log);
  ~MediaLoop();
  MediaLoop(const MediaLoop&) = delete;

  void start();
  void stop();  ///< Any thread: runs what is posted already, ends and joins.
  void post(std::move_only_function<void()> task);  ///< Any thread.
  bool in_loop() const;
  void check() const;   ///< CHECKs in debug builds that this is the loop's thread.
  Instant now() const;  ///< The instant of this turn.

  /// Binds; port 0 takes a free one. Errors: Io (the cause names address, port and who may hold
  /// it). Allowed before start() from the thread that made the loop, later on the loop only.
  Result<std::unique_ptr<UdpSocket>> bind(const SocketAddress& local, DatagramReader& reader);

  /// One timer a call; runs once, at `at` or up to a millisecond later. Cancels when destroyed.
  class Timer {
   public:
    Timer() = default;
    Timer(MediaLoop* loop, uint64_t id) : loop_(loop), id_(id) {}
    Timer(Timer&& other) noexcept;
    Timer& operator=(Timer&& other) noexcept;
    ~Timer() { cancel(); }
    void cancel();

   private:
    MediaLoop* loop_ = nullptr;
    uint64_t id_ = 0;
  };
  [[nodiscard]] Timer at(Instant at, std::move_only_function<void()> task);
  MediaLoopStats stats() const;  ///< Any thread: a snapshot.

 private:
  friend class UdpSocket;
  friend class FramedTcpPort;
  struct Core;
  Core& core() { return *core_; }
  std::unique_ptr<Core> core_;
};

}  // namespace sipcast
