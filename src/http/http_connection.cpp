#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <ctime>
#include <optional>

#include "base/text.hpp"
#include "http/connection_asio.hpp"
#include "http/request_target.hpp"
#include "http/response_head.hpp"

namespace sipcast::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bh = boost::beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Parser = bh::request_parser<bh::string_body>;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr Duration kWriteTimeout = std::chrono::seconds(30);  // for each piece
constexpr size_t kWritePiece = 256 * 1024;
constexpr Duration kLinger =
    std::chrono::seconds(1);  // how long a closed client may finish talking
constexpr size_t kLingerBytes = 1024 * 1024;
constexpr size_t kReadBytes = 4096;
constexpr size_t kBufferBeyondHeader = 16 * 1024;

/// Ends what a connection waits for: reads see the end of the stream, and writes too with
/// shutdown_both. A reply may still be written after a passed shutdown_receive.
class Deadline {
 public:
  Deadline(EventLoop& loop, Tcp::socket& socket) : loop_(loop), socket_(socket) {}
  void start(Duration delay, Tcp::socket::shutdown_type what) {
    timer_ = loop_.after(delay, [this, what] {
      passed_ = true;
      error_code ignored;
      socket_.shutdown(what, ignored);
    });
  }
  void stop() { timer_.cancel(); }
  bool passed() const { return passed_; }

 private:
  EventLoop& loop_;
  Tcp::socket& socket_;
  EventLoop::Timer timer_;
  bool passed_ = false;
};

/// One request on its way through a handler. The handler's side may outlive everything else.
struct Exchange {
  std::atomic<bool> answered = false;
  std::optional<Response> response;    // web loop
  asio::steady_timer* wake = nullptr;  // web loop; set while the connection waits
};

Respond respond_to(std::shared_ptr<LoopGate> gate, std::shared_ptr<Exchange> exchange) {
  return [gate = std::move(gate), exchange = std::move(exchange)](Response response) {
    if (exchange->answered.exchange(true)) return;  // the first call wins
    gate->run([exchange, response = std::move(response)]() mutable {
      exchange->response = std::move(response);
      if (exchange->wake) exchange->wake->cancel();
    });
  };
}

/// The reply to bytes that could not be read as a request; none: close without a word.
std::optional<Response> read_error_response(const error_code& error, bool timed_out) {
  if (timed_out) return Response::text(408, "the request did not arrive in time\n");
  if (error == bh::error::header_limit || error == bh::error::buffer_overflow) {
    return Response::text(431, "the header is too large\n");
  }
  if (error == bh::error::body_limit) return Response::text(413, "the body is too large\n");
  if (error == bh::error::end_of_stream || error == bh::error::partial_message) return std::nullopt;
  if (error.category() != bh::make_error_code(bh::error::bad_method).category()) {
    return std::nullopt;  // the connection is gone
  }
  return Response::text(400, "bad request: " + error.message() + "\n");
}

/// What Beast lets pass and a server must not (RFC 9112 §3.2, §6.1).
std::optional<Response> refuse_header(const bh::request<bh::string_body>& header) {
  if (header.version() == 11 && header.count(bh::field::host) != 1) {
    return Response::text(400, "bad request: one Host header, please\n");
  }
  const auto coding = header[bh::field::transfer_encoding];
  if (!coding.empty() && !iequals({coding.data(), coding.size()}, "chunked")) {
    return Response::text(501, "only the transfer coding 'chunked' is known\n");
  }
  return std::nullopt;
}

std::map<std::string, std::string> headers_of(const bh::request<bh::string_body>& header) {
  std::map<std::string, std::string> headers;
  for (const auto& field : header) {
    const std::string name = to_lower({field.name_string().data(), field.name_string().size()});
    const std::string_view value(field.value().data(), field.value().size());
    const auto [at, is_new] = headers.try_emplace(name, value);
    if (!is_new) at->second.append(name == "cookie" ? "; " : ", ").append(value);
  }
  return headers;
}

bool expects_continue(const Request& request) {
  return iequals(trim(request.header("expect")), "100-continue");
}

/// One connection that speaks HTTP/1.1: lives in the frame of its coroutine.
class HttpSession final : public OpenConnection {
 public:
  HttpSession(ServerStatePtr state, ByteStream stream, SocketAddress remote)
      : state_(std::move(state)),
        stream_(std::move(stream)),
        remote_(remote),
        buffer_(state_->options.max_header_bytes + kBufferBeyondHeader),
        answer_(socket().get_executor()),
        deadline_(state_->loop, socket()),
        registration_(std::in_place, state_, *this) {}

  /// Serves requests until the connection ends, or asks for a WebSocket.
  asio::awaitable<std::optional<Upgrade>> run();
  asio::awaitable<void> refuse();

  /// Gives up the stream, for the WebSocket.
  ByteStream release() {
    deadline_.stop();
    registration_.reset();
    return std::move(stream_);
  }

  void shut_down() override {
    closing_ = true;
    answer_.cancel();
    abandon();
  }
  void abandon() override {
    error_code ignored;
    socket().shutdown(Tcp::socket::shutdown_both, ignored);
  }

 private:
  enum class Next { Request, Upgrade, End };

  Tcp::socket& socket() { return stream_.socket(); }
  asio::awaitable<bool> handshake();
  asio::awaitable<bool> first_bytes();
  asio::awaitable<Next> serve_one();
  asio::awaitable<std::optional<Response>> read_body(Parser& parser, bool send_continue);
  asio::awaitable<std::optional<Response>> ask(const Request& request);
  asio::awaitable<bool> write(Response response, AfterReply after);
  asio::awaitable<std::string> next_piece(const BodySource& source);
  asio::awaitable<void> write_error(Response response);
  asio::awaitable<void> close_gently();

  const ServerStatePtr state_;
  ByteStream stream_;
  const SocketAddress remote_;
  beast::flat_buffer buffer_;
  asio::steady_timer answer_;  // rings when a handler answers or takes too long
  Deadline deadline_;
  std::optional<Registration> registration_;
  std::optional<Upgrade> upgrade_;
  bool closing_ = false;
  bool first_ = true;
  bool to_head_ = false;
};

asio::awaitable<std::optional<Upgrade>> HttpSession::run() {
  if (!co_await handshake()) co_return std::nullopt;
  while (co_await first_bytes()) {
    const Next next = co_await serve_one();
    if (closing_ || next == Next::End) break;
    if (next == Next::Upgrade) co_return std::move(upgrade_);
  }
  co_return std::nullopt;
}

asio::awaitable<bool> HttpSession::handshake() {
  deadline_.start(state_->options.request_timeout, Tcp::socket::shutdown_both);
  const auto [error, none] = co_await stream_.async_handshake(kTuple);
  if (error) state_->log.debug("{}: TLS: {}", remote_.to_string(), error.message());
  co_return !error && !closing_;
}

/// Waits for a request to begin; empty lines before it are skipped (RFC 9112 §2.2).
asio::awaitable<bool> HttpSession::first_bytes() {
  deadline_.start(first_ ? state_->options.request_timeout : state_->options.idle_timeout,
                  Tcp::socket::shutdown_receive);
  first_ = false;
  for (;;) {
    while (buffer_.size() > 0) {
      const char c = *static_cast<const char*>(buffer_.cdata().data());
      if (c != '\r' && c != '\n') co_return true;
      buffer_.consume(1);
    }
    const auto [error, size] =
        co_await stream_.async_read_some(buffer_.prepare(kReadBytes), kTuple);
    if (error || closing_) co_return false;
    buffer_.commit(size);
  }
}

auto HttpSession::serve_one() -> asio::awaitable<Next> {
  to_head_ = false;
  deadline_.start(state_->options.request_timeout, Tcp::socket::shutdown_receive);
  Parser parser;
  parser.header_limit(static_cast<uint32_t>(state_->options.max_header_bytes));
  parser.body_limit(state_->options.max_body_bytes);
  const auto [error, size] = co_await bh::async_read_header(stream_, buffer_, parser, kTuple);
  if (error) {
    auto response = read_error_response(error, deadline_.passed());
    if (response && !closing_) co_await write_error(std::move(*response));
    co_return Next::End;
  }
  const auto& header = parser.get();
  Request request;
  request.method = header.method_string();
  to_head_ = request.method == "HEAD";
  if (auto refused = refuse_header(header)) {
    co_await write_error(std::move(*refused));
    co_return Next::End;
  }
  Result<RequestTarget> target = parse_target({header.target().data(), header.target().size()});
  if (!target || (target->path == "*" && request.method != "OPTIONS")) {
    const std::string cause = target ? "bad request target" : target.error().cause;
    co_await write_error(Response::text(400, "bad request: " + cause + "\n"));
    co_return Next::End;
  }
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.headers = headers_of(header);  // before the body: trailers do not count
  request.remote = remote_;
  request.tls = stream_.is_tls();
  const bool keep_alive = header.keep_alive();

  if (state_->router.websocket() && beast::websocket::is_upgrade(header)) {
    if (!parser.is_done() || buffer_.size() > 0) {
      co_await write_error(Response::text(400, "bad request: bytes before the WebSocket opened\n"));
      co_return Next::End;
    }
    upgrade_.emplace(parser.release(), std::move(request));
    co_return Next::Upgrade;
  }

  if (!parser.is_done()) {
    auto failed = co_await read_body(parser, header.version() == 11 && expects_continue(request));
    if (closing_) co_return Next::End;
    if (failed) {
      if (failed->status != 0) co_await write_error(std::move(*failed));
      co_return Next::End;
    }
  }
  request.body = std::move(parser.get().body());
  deadline_.stop();

  std::optional<Response> response = co_await ask(request);
  if (!response) co_return Next::End;
  state_->log.debug("{} {} {}: {}", remote_.to_string(), printable(request.method, 20),
                    printable(request.path), response->status);
  const std::string* connection = response->find_header("Connection");
  const bool close =
      !keep_alive || response->open_ended() || (connection && iequals(*connection, "close"));
  const AfterReply after = close ? AfterReply::Close : AfterReply::KeepAlive;
  if (!co_await write(std::move(*response), after)) co_return Next::End;
  if (!close) co_return Next::Request;
  co_await close_gently();
  co_return Next::End;
}

/// None when the body is complete. Else the reply to it; status 0 when nobody is there any more.
asio::awaitable<std::optional<Response>> HttpSession::read_body(Parser& parser,
                                                                bool send_continue) {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (send_continue && buffer_.size() == 0) {
    const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(kContinue), kTuple);
    if (error) co_return Response{.status = 0, .headers = {}, .body = {}};
  }
  const auto [error, size] = co_await bh::async_read(stream_, buffer_, parser, kTuple);
  if (!error) co_return std::nullopt;
  auto response = read_error_response(error, deadline_.passed());
  if (!response) co_return Response{.status = 0, .headers = {}, .body = {}};
  co_return response;
}

/// The handler's answer, or 504. None when the server shuts down meanwhile.
asio::awaitable<std::optional<Response>> HttpSession::ask(const Request& request) {
  const auto exchange = std::make_shared<Exchange>();
  state_->router.handle(request, respond_to(state_->gate, exchange));
  if (!exchange->response) {
    answer_.expires_after(state_->options.handler_timeout);
    exchange->wake = &answer_;
    co_await answer_.async_wait(kTuple);
    exchange->wake = nullptr;
  }
  exchange->answered = true;  // what comes later is ignored
  if (closing_) co_return std::nullopt;
  if (!exchange->response) {
    exchange->response = Response::text(504, "no answer in time\n");
    state_->router.add_cors(*exchange->response);
  }
  co_return std::move(exchange->response);
}

/// False when the connection is broken or closing.
asio::awaitable<bool> HttpSession::write(Response response, AfterReply after) {
  std::string first =
      response_head(response, {.after = after, .to_head = to_head_, .now = std::time(nullptr)});
  std::string_view body = response.body;
  if (to_head_ || !allows_body(response.status)) body = {};
  std::string_view piece = body.substr(0, kWritePiece);
  first += piece;
  deadline_.start(kWriteTimeout, Tcp::socket::shutdown_both);
  auto [error, size] = co_await asio::async_write(stream_, asio::buffer(first), kTuple);
  for (body.remove_prefix(piece.size()); !error && !body.empty() && !closing_;
       body.remove_prefix(piece.size())) {
    piece = body.substr(0, kWritePiece);
    deadline_.start(kWriteTimeout, Tcp::socket::shutdown_both);
    std::tie(error, size) = co_await asio::async_write(stream_, asio::buffer(piece), kTuple);
  }
  const bool streams = response.source && !to_head_ && allows_body(response.status);
  for (uint64_t left = streams ? response.source->size : 0; !error && left > 0 && !closing_;) {
    deadline_.stop();
    const std::string made = co_await next_piece(*response.source);
    if (made.empty() || made.size() > left) co_return false;
    deadline_.start(kWriteTimeout, Tcp::socket::shutdown_both);
    std::tie(error, size) = co_await asio::async_write(stream_, asio::buffer(made), kTuple);
    left -= made.size();
  }
  deadline_.stop();
  co_return !error && !closing_;
}

/// Empty when none comes in time.
asio::awaitable<std::string> HttpSession::next_piece(const BodySource& source) {
  struct Waiting {
    std::optional<std::string> piece;
    asio::steady_timer* wake = nullptr;
  };
  const auto waiting = std::make_shared<Waiting>();
  source.next([gate = state_->gate, waiting](std::string piece) {
    gate->run([waiting, piece = std::move(piece)]() mutable {
      waiting->piece = std::move(piece);
      if (waiting->wake) waiting->wake->cancel();
    });
  });
  if (!waiting->piece) {
    answer_.expires_after(kWriteTimeout);
    waiting->wake = &answer_;
    co_await answer_.async_wait(kTuple);
    waiting->wake = nullptr;
  }
  co_return waiting->piece.value_or("");
}

/// Replies to a request that cannot be served, and closes: what follows it makes no sense.
asio::awaitable<void> HttpSession::write_error(Response response) {
  state_->router.add_cors(response);
  state_->log.debug("{}: {}", remote_.to_string(), response.status);
  if (co_await write(std::move(response), AfterReply::Close)) co_await close_gently();
}

/// Closes so that the peer can read our last reply: with unread bytes in our socket, TCP would
/// reset the connection under it.
asio::awaitable<void> HttpSession::close_gently() {
  deadline_.start(kLinger, Tcp::socket::shutdown_both);
  co_await stream_.async_shutdown(kTuple);
  error_code ignored;
  socket().shutdown(Tcp::socket::shutdown_send, ignored);
  std::array<char, kReadBytes> waste;
  for (size_t drained = 0; drained < kLingerBytes && !closing_;) {
    const auto [error, size] = co_await socket().async_read_some(asio::buffer(waste), kTuple);
    if (error) break;
    drained += size;
  }
  deadline_.stop();
}

asio::awaitable<void> HttpSession::refuse() {
  co_await write_error(Response::text(503, "too many connections\n"));
}

}  // namespace

asio::awaitable<void> serve_connection(ServerStatePtr state, ByteStream::Socket socket,
                                       SocketAddress remote, SslContextPtr context) {
  HttpSession session(state, ByteStream(std::move(socket), context), remote);
  std::optional<Upgrade> upgrade = co_await session.run();
  if (!upgrade || state->stopping) co_return;
  co_await serve_websocket(state, session.release(), std::move(*upgrade));
}

asio::awaitable<void> refuse_connection(ServerStatePtr state, ByteStream::Socket socket) {
  HttpSession session(std::move(state), ByteStream(std::move(socket), nullptr), SocketAddress{});
  co_await session.refuse();
}

}  // namespace sipcast::http
