#include "net/framed_tcp_port.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <array>
#include <future>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "net/datagram_framer.hpp"
#include "net/unique_fd.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

/// Answers every datagram with itself, keeps who says "keep", and closes who says "bye".
struct Echo final : DatagramReader {
  void on_datagram(BytesView datagram, const SocketAddress& from, Instant) override {
    if (as_text(datagram) == "keep") port->keep(from);
    if (as_text(datagram) == "bye") return port->close(from);
    last = from;
    port->send(datagram, from);
  }
  void on_port_unreachable(const SocketAddress& to, Instant) override { ended.push_back(to); }
  std::unique_ptr<FramedTcpPort> port;
  SocketAddress last;
  std::vector<SocketAddress> ended;
};

class FramedTcpPortTest : public ::testing::Test {
 protected:
  void open(FramedTcpPort::Options options) {
    auto opened = FramedTcpPort::open(loop_, *SocketAddress::parse("127.0.0.1", 0), echo_, options);
    ASSERT_TRUE(opened.has_value()) << opened.error().cause;
    echo_.port = std::move(*opened);
    local_ = echo_.port->local_address();
    loop_.start();
  }
  ~FramedTcpPortTest() override {
    loop_.post([this] { echo_.port.reset(); });
    loop_.stop();
  }
  UniqueFd connect() {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_storage storage{};
    const socklen_t size = local_.to_sockaddr(storage);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size), 0);
    return fd;
  }
  static void say(const UniqueFd& fd, std::string_view text) {
    Bytes wire;
    append_frame_length(text.size(), wire);
    wire.insert(wire.end(), text.begin(), text.end());
    ASSERT_EQ(::send(fd.get(), wire.data(), wire.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(wire.size()));
  }
  /// "" at the connection's end.
  static std::string hear(const UniqueFd& fd) {
    std::array<uint8_t, 2> head{};
    if (::recv(fd.get(), head.data(), 2, MSG_WAITALL) != 2) return "";
    std::string text(static_cast<size_t>(head[0] << 8 | head[1]), '\0');
    ::recv(fd.get(), text.data(), text.size(), MSG_WAITALL);
    return text;
  }
  template <class F>
  auto on_loop(F task) {
    std::promise<decltype(task())> done;
    auto future = done.get_future();
    loop_.post([&] { done.set_value(task()); });
    return future.get();
  }

  MediaLoop loop_{{}, Logger::none()};
  Echo echo_;
  SocketAddress local_;
};

TEST_F(FramedTcpPortTest, DatagramsGoBothWays) {
  open({});
  const UniqueFd one = connect(), two = connect();
  say(one, "first");
  say(two, "second");
  EXPECT_EQ(hear(one), "first");
  EXPECT_EQ(hear(two), "second");
  EXPECT_TRUE(on_loop([&] { return echo_.last.is_tcp(); }));
  say(one, "bye");
  EXPECT_EQ(hear(one), "");
  say(two, std::string(3000, 'x'));
  EXPECT_EQ(hear(two).size(), 3000u);
}

TEST_F(FramedTcpPortTest, TheReaderHearsOfAnEndAndOfNonsense) {
  open({});
  UniqueFd gone = connect();
  say(gone, "hello");
  EXPECT_EQ(hear(gone), "hello");
  gone.reset();
  const UniqueFd nonsense = connect();
  const std::string http = "GET / HTTP/1.1\r\n\r\n";
  ::send(nonsense.get(), http.data(), http.size(), MSG_NOSIGNAL);
  EXPECT_EQ(hear(nonsense), "");
  EXPECT_EQ(on_loop([&] { return echo_.ended.size(); }), 2u);
}

TEST_F(FramedTcpPortTest, StrangersGoAndWhoIsKnownStays) {
  open({.stranger_timeout = 100ms, .sweep_interval = 50ms});
  const UniqueFd stranger = connect(), known = connect();
  say(known, "keep");
  EXPECT_EQ(hear(known), "keep");
  EXPECT_EQ(hear(stranger), "");
  say(known, "still here");
  EXPECT_EQ(hear(known), "still here");
  EXPECT_EQ(on_loop([&] { return echo_.port->stats().timed_out_total; }), 1u);
}

TEST_F(FramedTcpPortTest, TheNumberOfStrangersIsBounded) {
  open({.max_strangers = 1});
  const UniqueFd first = connect();
  say(first, "hello");
  EXPECT_EQ(hear(first), "hello");
  const UniqueFd second = connect();
  EXPECT_EQ(hear(second), "");
  say(first, "keep");
  EXPECT_EQ(hear(first), "keep");
  const UniqueFd third = connect();
  say(third, "hello");
  EXPECT_EQ(hear(third), "hello");
}

TEST_F(FramedTcpPortTest, APeerThatTakesNothingFillsItsOwnBufferAndIsClosed) {
  open({.max_queued_bytes = 64 * 1024, .stuck_timeout = 100ms, .sweep_interval = 50ms});
  const UniqueFd fd = connect();
  say(fd, "keep");
  EXPECT_EQ(hear(fd), "keep");
  const SocketAddress peer = on_loop([&] { return echo_.last; });
  const Bytes datagram(1200, 7);
  // Into the kernel's buffers and ours, until there is no room.
  size_t rounds = 0;
  while (on_loop([&] {
    for (int i = 0; i < 50; ++i) {
      if (!echo_.port->send(datagram, peer)) return false;
    }
    return true;
  })) {
    ASSERT_LT(++rounds, 1000u);
  }
  EXPECT_LT(on_loop([&] { return echo_.port->room(peer); }), datagram.size());
  while (on_loop([&] { return echo_.ended.empty(); })) {
  }
  EXPECT_EQ(on_loop([&] { return echo_.port->room(peer); }), 0u);
}

}  // namespace
}  // namespace sipcast
