#pragma once
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sipcast {

/// Cuts the bytes of one TCP connection into SIP messages by Content-Length (RFC 3261 §18.3), and
/// finds the keep-alive pings between them (RFC 5626 §3.5.1).
class SipFramer {
 public:
  static constexpr size_t kMaxMessage = 64 * 1024;

  struct Event {
    enum class Kind : uint8_t { Message, Ping, Pong };
    Kind kind;
    BytesView message;  ///< of a Message alone; valid until the next append()
  };
  /// Bytes as they came from the connection, any amount.
  void append(BytesView bytes);
  /// A ping was sent: the next line end between messages is its answer, a Pong.
  void expect_pong() { pong_expected_ = true; }
  /// The next whole message, ping or pong; none when more bytes are needed. A Ping wants CRLF as
  /// answer.
  /// Errors: BadSyntax, Exhausted (a message above kMaxMessage). After one the place of the next
  /// message is unknown: the connection must be closed.
  Result<std::optional<Event>> next();

 private:
  BytesView rest() const { return BytesView(buffer_).subspan(begin_); }
  /// Drops line ends between messages, up to one that makes up a ping or is a pong.
  std::optional<Event> skip_line_ends();
  /// Finds the end of the headers, and so the size of the message. False: needs more bytes.
  Result<bool> measure();

  Bytes buffer_;
  size_t begin_ = 0;         // of what is not given out yet
  size_t searched_ = 0;      // bytes of it that hold no end of headers
  size_t message_size_ = 0;  // 0: not known yet
  int line_ends_ = 0;        // since the last message, ping or pong
  bool pong_expected_ = false;
};

}  // namespace sipcast
