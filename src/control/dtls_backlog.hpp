#pragma once
#include <cstdint>
#include <deque>
#include <functional>

#include "base/bytes.hpp"
#include "base/socket_address.hpp"

namespace sipcast {

/// Handshakes of viewers, a few records a loop turn: each costs a fifth of a millisecond, and a
/// crowd that joins must not hold up the packets of those who watch. Bounded; what finds no place
/// is lost, and DTLS repeats it. On the media loop.
class DtlsBacklog {
 public:
  static constexpr size_t kPerTurn = 4;
  static constexpr size_t kMost = 4096;  ///< datagrams that wait
  using Task = std::move_only_function<void()>;
  /// `in_next_turn` runs a task once what the sockets hold was read again.
  DtlsBacklog(std::function<void(Task)> in_next_turn,
              std::function<void(BytesView, const SocketAddress&)> take)
      : in_next_turn_(std::move(in_next_turn)), take_(std::move(take)) {}

  /// Hands `datagram` to `take`, now or in one of the next turns, in the order of coming.
  void add(BytesView datagram, const SocketAddress& from);
  size_t waiting() const { return waiting_.size(); }
  uint64_t dropped() const { return dropped_; }

 private:
  struct Datagram {
    Bytes bytes;
    SocketAddress from;
  };
  void schedule();
  void run();

  std::function<void(Task)> in_next_turn_;
  std::function<void(BytesView, const SocketAddress&)> take_;
  std::deque<Datagram> waiting_;
  size_t left_ = kPerTurn;  // of this turn
  bool scheduled_ = false;
  uint64_t dropped_ = 0;
};

}  // namespace sipcast
