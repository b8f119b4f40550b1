#pragma once
#include <sys/socket.h>

#include <array>
#include <functional>
#include <vector>

#include "base/socket_address.hpp"
#include "net/unique_fd.hpp"

namespace sipcast::bench {

/// A UDP socket of the generator, with the kernel's receive timestamps. Throws std::system_error
/// when it cannot be had.
UniqueFd open_udp(const SocketAddress& local, int receive_buffer);
SocketAddress address_of(int fd);

/// Drains sockets by recvmmsg; one for all sockets of a thread.
class UdpDrain {
 public:
  UdpDrain();
  /// Calls `take(bytes, from, received_ns)` for each datagram there is; `received_ns` is wall clock.
  template <class Take>
  void drain(int fd, Take take) {
    for (int got = receive(fd); got > 0; got = receive(fd)) {
      for (size_t i = 0; i < static_cast<size_t>(got); ++i) take(bytes(i), from(i), received_ns(i));
      if (static_cast<size_t>(got) < kDatagrams) return;
    }
  }

 private:
  static constexpr size_t kDatagrams = 64, kSize = 2048, kControl = 64;
  int receive(int fd);
  BytesView bytes(size_t i) const { return {&bytes_[i * kSize], messages_[i].msg_len}; }
  SocketAddress from(size_t i) const;
  uint64_t received_ns(size_t i);

  std::vector<uint8_t> bytes_;
  std::array<mmsghdr, kDatagrams> messages_{};
  std::array<iovec, kDatagrams> pieces_{};
  std::array<sockaddr_storage, kDatagrams> addresses_{};
  struct alignas(cmsghdr) Control {
    std::array<char, kControl> bytes;
  };
  std::array<Control, kDatagrams> controls_{};
};

/// Collects datagrams and sends them by sendmmsg.
class UdpBatch {
 public:
  explicit UdpBatch(size_t datagrams = 64);
  std::span<uint8_t> space() { return {&bytes_[used_ * kSize], kSize}; }
  /// What was written to space(); sends when the batch is full.
  void add(int fd, size_t size, const SocketAddress& to);
  void flush(int fd);

 private:
  static constexpr size_t kSize = 1600;
  std::vector<uint8_t> bytes_;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> pieces_;
  std::vector<sockaddr_storage> addresses_;
  size_t used_ = 0;
};

}  // namespace sipcast::bench
