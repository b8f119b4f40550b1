#pragma once
// Only for the .cpp files of http.
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <boost/container/static_vector.hpp>
#include <functional>
#include <memory>

#include "net/tls_openssl.hpp"

namespace sipcast::http {

/// An accepted connection, plain or TLS, as one type: what Beast makes of it is compiled once.
/// Models Asio's AsyncReadStream and AsyncWriteStream. Its loop only, one read and one write at a
/// time.
class ByteStream {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Error = boost::system::error_code;
  using executor_type = Socket::executor_type;
  using Done = std::move_only_function<void(Error, size_t)>;

  /// `context` null: plain.
  ByteStream(Socket socket, const SslContextPtr& context);

  executor_type get_executor() { return socket().get_executor(); }
  Socket& socket() { return wire_->socket(); }
  bool is_tls() const { return wire_->is_tls(); }

  /// The TLS handshake (RFC 8446 §4); done at once where there is none.
  template <class Token>
  auto async_handshake(Token&& token) {
    return start(token, [wire = wire_.get()](Done done) { wire->handshake(std::move(done)); });
  }
  /// Says close_notify; done at once where there is no TLS.
  template <class Token>
  auto async_shutdown(Token&& token) {
    return start(token, [wire = wire_.get()](Done done) { wire->shut_down(std::move(done)); });
  }
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return start(token, [wire = wire_.get(), some = some_of<ReadBuffers>(buffers)](Done done) {
      wire->read_some(some, std::move(done));
    });
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return start(token, [wire = wire_.get(), some = some_of<WriteBuffers>(buffers)](Done done) {
      wire->write_some(some, std::move(done));
    });
  }

 private:
  static constexpr size_t kMaxBuffers = 8;  // of one read or write; it does only a part of more
  using ReadBuffers = boost::container::static_vector<boost::asio::mutable_buffer, kMaxBuffers>;
  using WriteBuffers = boost::container::static_vector<boost::asio::const_buffer, kMaxBuffers>;

  class Wire {
   public:
    virtual ~Wire() = default;
    virtual Socket& socket() = 0;
    virtual bool is_tls() const = 0;
    virtual void handshake(Done done) = 0;
    virtual void shut_down(Done done) = 0;
    virtual void read_some(const ReadBuffers& buffers, Done done) = 0;
    virtual void write_some(const WriteBuffers& buffers, Done done) = 0;
  };
  class PlainWire;
  class TlsWire;

  template <class Some, class Buffers>
  static Some some_of(const Buffers& buffers) {
    Some some;
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end; ++at) {
      const typename Some::value_type buffer(*at);
      if (buffer.size() == 0) continue;
      if (some.size() == kMaxBuffers) break;
      some.push_back(buffer);
    }
    return some;
  }

  template <class Token, class Operation>
  static auto start(Token& token, Operation operation) {
    return boost::asio::async_initiate<Token, void(Error, size_t)>(
        [operation = std::move(operation)](auto handler) mutable {
          operation(Done(std::move(handler)));
        },
        token);
  }

  /// How a WebSocket ends below its close frame (Beast's customisation points).
  friend void beast_close_socket(ByteStream& stream) {
    Error ignored;
    stream.socket().close(ignored);
  }
  template <class Handler>
  friend void async_teardown(boost::beast::role_type, ByteStream& stream, Handler&& handler) {
    stream.wire_->shut_down(
        [handler = std::forward<Handler>(handler), &stream](Error error, size_t) mutable {
          Error ignored;
          stream.socket().shutdown(Socket::shutdown_both, ignored);
          handler(error);
        });
  }

  std::unique_ptr<Wire> wire_;
};

}  // namespace sipcast::http
