#pragma once
#include <memory>

#include "net/media_loop.hpp"

namespace sipcast {

struct FramedTcpStats {
  uint64_t accepted_total = 0;
  uint64_t refused_total = 0;            ///< a bound was reached
  uint64_t timed_out_total = 0;          ///< strangers, half-open and stuck connections
  uint64_t datagrams_dropped_total = 0;  ///< the peer's buffer was full
};

/// Datagrams over the TCP connections that peers open to one port (RFC 4571), as passive ICE-TCP
/// wants it (RFC 6544). A connection is known by its peer's address, of which is_tcp() holds. What
/// a connection has to send leaves at the end of the loop's turn, and waits in a bounded buffer
/// while the peer takes no more. Loop thread only.
class FramedTcpPort {
 public:
  struct Options {
    size_t max_connections = 10'240;
    size_t max_strangers = 512;  ///< connections that nobody has said keep() of
    size_t max_queued_bytes = 256 * 1024;
    Duration max_delay = std::chrono::seconds(1);  ///< see congested()
    Duration stranger_timeout = std::chrono::seconds(10);
    Duration silence_timeout = std::chrono::seconds(30);  ///< without a byte from the peer
    Duration stuck_timeout = std::chrono::seconds(10);    ///< bytes wait, and the peer takes none
    Duration sweep_interval = std::chrono::seconds(2);    ///< when the times above are looked at
  };
  /// `reader` also hears of connections that have ended, as on_port_unreachable. Errors: Io.
  static Result<std::unique_ptr<FramedTcpPort>> open(MediaLoop& loop, const SocketAddress& local,
                                                     DatagramReader& reader, Options options);
  ~FramedTcpPort();
  FramedTcpPort(const FramedTcpPort&) = delete;

  SocketAddress local_address() const;
  /// The longest datagram that send() would take now; 0 when there is no such connection.
  size_t room(const SocketAddress& to) const;
  /// True while what this peer has to get waits for longer than max_delay without a break: more
  /// would only come later.
  bool congested(const SocketAddress& to) const;
  /// False when dropped: no such connection, or its buffer is full.
  bool send(BytesView datagram, const SocketAddress& to);
  /// The peer has proven who it is: its connection may stay.
  void keep(const SocketAddress& peer);
  /// Sends what the kernel takes at once, and closes. The reader does not hear of it.
  void close(const SocketAddress& peer);
  FramedTcpStats stats() const;

  struct State;
  explicit FramedTcpPort(std::unique_ptr<State> state);

 private:
  std::unique_ptr<State> state_;
};

}  // namespace sipcast
