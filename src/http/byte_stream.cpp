#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <string>

#include "http/byte_stream_asio.hpp"

namespace sipcast::http {

namespace asio = boost::asio;

class ByteStream::PlainWire final : public Wire {
 public:
  explicit PlainWire(Socket socket) : socket_(std::move(socket)) {}

  Socket& socket() override { return socket_; }
  bool is_tls() const override { return false; }
  void handshake(Done done) override { at_once(std::move(done)); }
  void shut_down(Done done) override { at_once(std::move(done)); }
  void read_some(const ReadBuffers& buffers, Done done) override {
    socket_.async_read_some(buffers, std::move(done));
  }
  void write_some(const WriteBuffers& buffers, Done done) override {
    socket_.async_write_some(buffers, std::move(done));
  }

 private:
  void at_once(Done done) {
    asio::post(socket_.get_executor(), [done = std::move(done)]() mutable { done({}, 0); });
  }

  Socket socket_;
};

class ByteStream::TlsWire final : public Wire {
 public:
  TlsWire(Socket socket, asio::ssl::context context) : stream_(std::move(socket), context) {}

  static auto without_size(Done done) {
    return [done = std::move(done)](const Error& error) mutable { done(error, 0); };
  }

  Socket& socket() override { return stream_.next_layer(); }
  bool is_tls() const override { return true; }
  void handshake(Done done) override {
    stream_.async_handshake(asio::ssl::stream_base::server, without_size(std::move(done)));
  }
  void shut_down(Done done) override { stream_.async_shutdown(without_size(std::move(done))); }
  void read_some(const ReadBuffers& buffers, Done done) override {
    stream_.async_read_some(buffers, std::move(done));
  }
  /// Small buffers go as one record, as a frame's header and its payload do; else the first alone.
  void write_some(const WriteBuffers& buffers, Done done) override {
    if (buffers.size() < 2 || asio::buffer_size(buffers) > kMaxRecord) {
      const asio::const_buffer first = buffers.empty() ? asio::const_buffer() : buffers.front();
      stream_.async_write_some(first, std::move(done));
      return;
    }
    record_.resize(asio::buffer_size(buffers));
    asio::buffer_copy(asio::buffer(record_), buffers);
    stream_.async_write_some(asio::buffer(record_), std::move(done));
  }

 private:
  static constexpr size_t kMaxRecord = 16 * 1024;  // RFC 8446 §5.1

  asio::ssl::stream<Socket> stream_;
  std::string record_;
};

ByteStream::ByteStream(Socket socket, const SslContextPtr& context) {
  if (!context) {
    wire_ = std::make_unique<PlainWire>(std::move(socket));
    return;
  }
  SSL_CTX_up_ref(context.get());
  wire_ = std::make_unique<TlsWire>(std::move(socket),
                                    asio::ssl::context(context.get()));  // takes that reference
}

}  // namespace sipcast::http
