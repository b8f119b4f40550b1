#pragma once
// Only for tests: a blocking client whose every wait ends after five seconds.
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/socket_address.hpp"
#include "base/text.hpp"
#include "http/server.hpp"

namespace sipcast::http {

/// A web loop with a server on a free port of 127.0.0.1. Fill `router` and `options`, then start().
struct TestServer {
  EventLoop loop{"web"};
  Router router;
  ServerOptions options;
  std::unique_ptr<Server> server;
  SocketAddress address;

  ~TestServer() {
    server.reset();
    loop.stop();
  }
  void start(std::shared_ptr<TlsCredentials> tls = nullptr) {
    server = std::make_unique<Server>(loop, router, options, Logger::none());
    const auto bound = server->listen(*SocketAddress::parse("127.0.0.1", 0), std::move(tls));
    if (bound) address = *bound;
    loop.start();
  }
};

struct TestReply {
  int status = 0;                              ///< 0: the connection ended before a whole reply
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
  }
};

struct TestFrame {
  int opcode = -1;  ///< -1: the connection ended
  bool fin = true;
  std::string payload;
};

class TestClient {
 public:
  explicit TestClient(const SocketAddress& server) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    sockaddr_storage storage{};
    const socklen_t length = server.to_sockaddr(storage);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&storage), length) == 0;
  }
  TestClient(const TestClient&) = delete;
  ~TestClient() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  TestReply get(const std::string& path) {
    send("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n");
    return read_reply();
  }

  /// `with_body`: false for replies to HEAD.
  TestReply read_reply(bool with_body = true) {
    TestReply reply;
    size_t end;
    while ((end = bytes_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return {};
    }
    std::string_view head = std::string_view(bytes_).substr(0, end + 2);
    const auto [status_line, rest] = cut(head, '\n');
    reply.status = static_cast<int>(parse_decimal(status_line.substr(9, 3)).value_or(0));
    for (const std::string_view line : split(rest, '\n')) {
      const auto [name, value] = cut(line, ':');
      if (!trim(name).empty()) reply.headers[to_lower(name)] = trim(value);
    }
    bytes_.erase(0, end + 4);
    const size_t size = parse_decimal(reply.header("content-length")).value_or(0);
    if (!with_body) return reply;
    while (bytes_.size() < size) {
      if (!read_more()) return {};
    }
    reply.body = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return reply;
  }

  /// True when the server closes, false when it says something or nothing for five seconds.
  bool closed_by_server() {
    if (!bytes_.empty()) return false;
    char byte;
    const ssize_t got = ::recv(fd_, &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }

  TestReply open_websocket(const std::string& path = "/") {
    send("GET " + path +
         " HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Origin: https://elsewhere.example\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    return read_reply();
  }

  /// A masked frame (RFC 6455 §5.2).
  static std::string frame(int opcode, std::string_view payload, bool fin = true) {
    std::string out;
    out.push_back(static_cast<char>((fin ? 0x80 : 0) | opcode));
    if (payload.size() < 126) {
      out.push_back(static_cast<char>(0x80 | payload.size()));
    } else if (payload.size() < 65536) {
      out.push_back(static_cast<char>(0x80 | 126));
      for (int shift = 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(payload.size() >> shift));
    } else {
      out.push_back(static_cast<char>(0x80 | 127));
      for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(payload.size() >> shift));
    }
    static constexpr std::string_view kMask = "abcd";
    out.append(kMask);
    for (size_t i = 0; i < payload.size(); ++i)
      out.push_back(static_cast<char>(payload[i] ^ kMask[i % 4]));
    return out;
  }

  TestFrame read_frame() {
    if (!need(2)) return {};
    TestFrame frame;
    frame.fin = (byte(0) & 0x80) != 0;
    frame.opcode = byte(0) & 0x0f;
    size_t size = byte(1) & 0x7f;
    const size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (!need(2 + more)) return {};
    if (more > 0) size = 0;
    for (size_t i = 0; i < more; ++i) size = size << 8 | byte(2 + i);
    if (!need(2 + more + size)) return {};
    frame.payload = bytes_.substr(2 + more, size);
    bytes_.erase(0, 2 + more + size);
    return frame;
  }

  /// RFC 6455 §5.5.1: the code of a close frame; 0 when it has none.
  static int close_code(const TestFrame& frame) {
    if (frame.opcode != 8 || frame.payload.size() < 2) return 0;
    return static_cast<uint8_t>(frame.payload[0]) << 8 | static_cast<uint8_t>(frame.payload[1]);
  }

 private:
  uint8_t byte(size_t at) const { return static_cast<uint8_t>(bytes_[at]); }
  bool need(size_t size) {
    while (bytes_.size() < size) {
      if (!read_more()) return false;
    }
    return true;
  }
  bool read_more() {
    char piece[16384];
    const ssize_t got = ::recv(fd_, piece, sizeof(piece), 0);
    if (got <= 0) return false;
    bytes_.append(piece, static_cast<size_t>(got));
    return true;
  }

  int fd_;
  bool connected_ = false;
  std::string bytes_;
};

}  // namespace sipcast::http
