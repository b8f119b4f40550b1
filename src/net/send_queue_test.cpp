#include "net/send_queue.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <stdexcept>
#include <vector>

#include "net/unique_fd.hpp"

namespace {
/// How many more messages the kernel takes; -1: all. Loopback never says that its buffer is full.
int kernel_room = -1;
}  // namespace

extern "C" int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  if (kernel_room == 0) {
    errno = EAGAIN;
    return -1;
  }
  if (kernel_room > 0) {
    count = std::min(count, static_cast<unsigned>(kernel_room));
    kernel_room -= static_cast<int>(count);
  }
  return static_cast<int>(::syscall(SYS_sendmmsg, fd, messages, count, flags));
}

namespace sipcast {
namespace {

struct Port {
  Port() {
    sockaddr_storage storage{};
    socklen_t size = SocketAddress::parse("127.0.0.1", 0)->to_sockaddr(storage);
    auto* bare = reinterpret_cast<sockaddr*>(&storage);
    if (::bind(fd.get(), bare, size) != 0) throw std::runtime_error("bind");
    size = sizeof storage;
    ::getsockname(fd.get(), bare, &size);
    address = SocketAddress::from_sockaddr(bare, size);
  }
  /// The first byte and the size of each datagram that waits; on loopback all are there at once.
  std::vector<std::pair<int, size_t>> take() const {
    std::vector<std::pair<int, size_t>> taken;
    uint8_t buffer[4096];
    for (ssize_t size; (size = ::recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT)) >= 0;) {
      taken.emplace_back(buffer[0], static_cast<size_t>(size));
    }
    return taken;
  }
  UniqueFd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  SocketAddress address;
};

class SendQueueTest : public testing::Test {
 protected:
  void add(SendQueue& queue, int name, size_t size, const SocketAddress& to) {
    Bytes& bytes = kept.emplace_back(size);
    bytes[0] = static_cast<uint8_t>(name);
    queue.add(bytes, to);
  }
  std::deque<Bytes> kept;
  SendBatch batch;
  SendCounts counts;
  Port from;
};

TEST_F(SendQueueTest, JoinsEqualSizesADestinationAndLetsTheLastBeShorter) {
  SendQueue queue(true);
  Port a;
  Port b;
  const size_t sizes[] = {900, 900, 500, 900, 901, 901};  // runs: 900 900 500 | 900 | 901 901
  std::vector<std::pair<int, size_t>> expected;
  for (int i = 0; i < 6; ++i) {
    add(queue, i, sizes[i], a.address);
    add(queue, i, sizes[i], b.address);
    expected.emplace_back(i, sizes[i]);
  }
  queue.flush(from.fd.get(), batch, counts);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(a.take(), expected);
  EXPECT_EQ(b.take(), expected);
  EXPECT_EQ(counts.sent, 12u);
  if (counts.gso_refused == 0) {
    EXPECT_EQ(counts.gso_batches, 4u);
  }
}

TEST_F(SendQueueTest, SendsPlainlyWhatTheKernelRefusesAsGsoAndStopsTrying) {
  const int one = 1;  // without checksums Linux refuses UDP_SEGMENT
  ASSERT_EQ(::setsockopt(from.fd.get(), SOL_SOCKET, SO_NO_CHECK, &one, sizeof one), 0);
  SendQueue queue(true);
  Port a;
  for (int turn = 0; turn < 30; ++turn) {
    for (int i = 0; i < 4; ++i) add(queue, i, 100, a.address);
    queue.flush(from.fd.get(), batch, counts);
    EXPECT_EQ(a.take(),
              (std::vector<std::pair<int, size_t>>{{0, 100}, {1, 100}, {2, 100}, {3, 100}}));
  }
  EXPECT_EQ(counts.sent, 120u);
  EXPECT_EQ(counts.dropped, 0u);
  EXPECT_EQ(counts.gso_batches, 0u);
  EXPECT_GE(counts.gso_refused, 1u);
  EXPECT_LE(counts.gso_refused, 16u);
}

TEST_F(SendQueueTest, KeepsTheOrderOfEachOfManyDestinations) {
  SendQueue queue(true);
  std::vector<Port> ports(100);
  for (int turn = 0; turn < 3; ++turn) {
    for (int i = 0; i < 70; ++i) {  // more than one super-packet each
      for (size_t p = 0; p < ports.size(); ++p) {
        if ((p + static_cast<size_t>(i)) % 9 != 0) add(queue, i, 50, ports[p].address);
      }
    }
    queue.flush(from.fd.get(), batch, counts);
    for (size_t p = 0; p < ports.size(); ++p) {
      std::vector<std::pair<int, size_t>> expected;
      for (int i = 0; i < 70; ++i) {
        if ((p + static_cast<size_t>(i)) % 9 != 0) expected.emplace_back(i, 50);
      }
      ASSERT_EQ(ports[p].take(), expected) << "port " << p;
    }
    kept.clear();
  }
  EXPECT_EQ(counts.dropped, 0u);
}

TEST_F(SendQueueTest, CountsWhatCannotBeSentAndGoesOn) {
  SendQueue queue(false);
  Port a;
  add(queue, 1, 10, *SocketAddress::parse("255.255.255.255", 9));  // broadcast is not allowed
  add(queue, 2, 10, a.address);
  queue.flush(from.fd.get(), batch, counts);
  EXPECT_EQ(counts.dropped, 1u);
  EXPECT_EQ(a.take().size(), 1u);
}

TEST_F(SendQueueTest, NamesThoseForWhomTheKernelHasNoRoomAndForgetsThemInTheNextTurn) {
  SendQueue queue(false);
  std::vector<Port> ports(3);
  const auto turn = [&](int room) {
    for (int i = 0; i < 2; ++i) {
      for (const Port& port : ports) add(queue, i, 10, port.address);
    }
    kernel_room = room;
    queue.flush(from.fd.get(), batch, counts);
    kernel_room = -1;
  };
  turn(3);
  EXPECT_EQ(counts.sent, 3u);
  EXPECT_EQ(counts.dropped, 3u);
  EXPECT_EQ(queue.overflowed(), (std::vector{ports[1].address, ports[2].address}));
  turn(-1);
  EXPECT_TRUE(queue.overflowed().empty());
  EXPECT_EQ(counts.sent, 9u);
  turn(0);  // another one comes first, and so is the last to be dropped from
  EXPECT_EQ(queue.overflowed().size(), 3u);
}

}  // namespace
}  // namespace sipcast
