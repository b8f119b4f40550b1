#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "http/connection_asio.hpp"

namespace sipcast::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ws = boost::beast::websocket;
using boost::system::error_code;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr size_t kMaxQueuedBytes = 1024 * 1024;
constexpr size_t kFrameCost = 64;  // what an empty frame counts for in the queue
constexpr Duration kHandshake = std::chrono::seconds(5);
constexpr Duration kIdle = std::chrono::seconds(30);  // a ping at half of it, the end after it
constexpr Duration kCloseTimeout = std::chrono::seconds(5);
constexpr Duration kShutdownTimeout = std::chrono::milliseconds(250);
constexpr size_t kMaxReason = 123;  // RFC 6455 §5.5: 125 bytes with the code
constexpr size_t kKeptBuffer = 64 * 1024;

/// What a handle asks of its connection. Web loop.
class WsPipe {
 public:
  virtual ~WsPipe() = default;
  enum class Kind : uint8_t { Text, Binary };
  virtual void enqueue(Kind kind, std::string payload, size_t cost) = 0;
  virtual void close_after_queue(std::string reason) = 0;
  virtual void close_overflown() = 0;
};

/// The connection as the application holds it: any thread, and for as long as it likes.
class WsHandle final : public WsConnection {
 public:
  WsHandle(std::shared_ptr<LoopGate> gate, Request request)
      : gate_(std::move(gate)), request_(std::move(request)) {}

  void send(std::string text) override { send(WsPipe::Kind::Text, std::move(text)); }
  void send_binary(std::string bytes) override { send(WsPipe::Kind::Binary, std::move(bytes)); }
  size_t queued_bytes() const override { return queued_; }
  void close(std::string reason) override {
    if (closed_.exchange(true)) return;
    post([reason = std::move(reason)](WsPipe& pipe) mutable {
      pipe.close_after_queue(std::move(reason));
    });
  }
  const Request& upgrade_request() const override { return request_; }

  /// Before anyone else has the handle.
  void connect(std::weak_ptr<WsPipe> pipe) { pipe_ = std::move(pipe); }
  void written(size_t cost) { queued_ -= cost; }
  void mark_closed() { closed_ = true; }

 private:
  template <class Action>
  void post(Action action) {
    gate_->post([pipe = pipe_, action = std::move(action)]() mutable {
      if (const auto alive = pipe.lock()) action(*alive);
    });
  }

  void send(WsPipe::Kind kind, std::string payload) {
    if (closed_) return;
    const size_t cost = payload.size() + kFrameCost;
    const size_t before = queued_.fetch_add(cost);
    if (before != 0 && before + cost > kMaxQueuedBytes) {
      if (!closed_.exchange(true)) {
        post([](WsPipe& pipe) { pipe.close_overflown(); });
      }
      return;
    }
    post([kind, payload = std::move(payload), cost](WsPipe& pipe) mutable {
      pipe.enqueue(kind, std::move(payload), cost);
    });
  }

  const std::shared_ptr<LoopGate> gate_;
  const Request request_;
  std::weak_ptr<WsPipe> pipe_;
  std::atomic<size_t> queued_ = 0;
  std::atomic<bool> closed_ = false;
};

/// At most kMaxReason bytes, no half character at the end.
std::string fit_reason(std::string reason) {
  if (reason.size() <= kMaxReason) return reason;
  size_t end = kMaxReason;
  while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xc0) == 0x80) --end;
  reason.resize(end);
  return reason;
}

class WsSession final : public WsPipe, public OpenConnection {
 public:
  WsSession(ServerStatePtr state, ByteStream stream, Request request)
      : state_(std::move(state)),
        ws_(std::move(stream)),
        wake_(ws_.get_executor()),
        handle_(std::make_shared<WsHandle>(state_->gate, std::move(request))) {
    ws_.set_option(ws::stream_base::timeout{
        .handshake_timeout = kHandshake, .idle_timeout = kIdle, .keep_alive_pings = true});
    ws_.set_option(ws::stream_base::decorator(
        [](ws::response_type& response) { response.set(beast::http::field::server, "sipcast"); }));
    ws_.read_message_max(state_->options.max_ws_frame_bytes);
    ws_.auto_fragment(false);
  }

  /// Both run until the connection ends; `self` keeps it until both have.
  static asio::awaitable<void> read_all(std::shared_ptr<WsSession> self, Upgrade upgrade);
  static asio::awaitable<void> write_all(std::shared_ptr<WsSession> self);

  void enqueue(Kind kind, std::string payload, size_t cost) override {
    if (closing_ || ended_) return;
    queue_.push_back({kind, std::move(payload), cost});
    wake_.cancel();
  }
  void close_after_queue(std::string reason) override {
    begin_close(ws::close_code::normal, std::move(reason), kCloseTimeout);
  }
  void close_overflown() override {
    queue_.clear();
    state_->log.info("WebSocket {}: closed, it reads too slowly",
                     handle_->upgrade_request().remote.to_string());
    begin_close(ws::close_code::policy_error, "reads too slowly", kCloseTimeout);
  }

  void shut_down() override {
    queue_.clear();
    begin_close(ws::close_code::going_away, "server shutdown", kShutdownTimeout);
  }
  void abandon() override {
    error_code ignored;
    socket().shutdown(ByteStream::Socket::shutdown_both, ignored);
    end();
  }

 private:
  struct Queued {
    Kind kind;
    std::string payload;
    size_t cost;
  };

  ByteStream::Socket& socket() { return ws_.next_layer().socket(); }

  /// The writer sends the close frame when it is through; a peer that does not take part is cut
  /// off.
  void begin_close(ws::close_code code, std::string reason, Duration limit) {
    if (ended_) return;
    if (!closing_) close_reason_ = ws::close_reason(code, fit_reason(std::move(reason)));
    closing_ = true;
    handle_->mark_closed();
    cut_off_ = state_->loop.after(limit, [this] {
      error_code ignored;
      socket().close(ignored);
    });
    wake_.cancel();
  }

  /// Once: the observer learns of the end, and everybody forgets everybody.
  void end() {
    if (std::exchange(ended_, true)) return;
    handle_->mark_closed();
    cut_off_.cancel();
    queue_.clear();
    wake_.cancel();
    const std::unique_ptr<WsObserver> observer = std::move(observer_);
    if (observer) observer->on_close();
  }

  const ServerStatePtr state_;
  ws::stream<ByteStream, false> ws_;  // no permessage-deflate
  asio::steady_timer wake_;           // rings when the writer has something to do
  const std::shared_ptr<WsHandle> handle_;
  std::unique_ptr<WsObserver> observer_;
  std::deque<Queued> queue_;
  ws::close_reason close_reason_;
  EventLoop::Timer cut_off_;
  bool closing_ = false;
  bool ended_ = false;
};

asio::awaitable<void> WsSession::read_all(std::shared_ptr<WsSession> self, Upgrade upgrade) {
  const Registration registration(self->state_, *self);
  self->handle_->connect(self);
  const auto [refused] = co_await self->ws_.async_accept(upgrade.handshake, kTuple);
  if (!refused && !self->closing_) {
    asio::co_spawn(self->ws_.get_executor(), write_all(self), asio::detached);
    self->observer_ = self->state_->router.websocket()(self->handle_);
    if (!self->observer_) self->begin_close(ws::close_code::policy_error, "refused", kCloseTimeout);
  }
  beast::flat_buffer buffer(self->state_->options.max_ws_frame_bytes + kKeptBuffer);
  while (!refused) {
    const auto [error, size] = co_await self->ws_.async_read(buffer, kTuple);
    if (error) break;
    if (self->ws_.got_text() && self->observer_ && !self->closing_) {
      const auto data = buffer.cdata();
      self->observer_->on_text({static_cast<const char*>(data.data()), data.size()});
    }
    buffer.clear();
    if (buffer.capacity() > kKeptBuffer) buffer.shrink_to_fit();
  }
  error_code ignored;
  self->socket().close(ignored);
  self->end();
}

asio::awaitable<void> WsSession::write_all(std::shared_ptr<WsSession> self) {
  while (!self->ended_) {
    if (!self->queue_.empty()) {
      const Queued next = std::move(self->queue_.front());
      self->queue_.pop_front();
      self->ws_.text(next.kind == Kind::Text);
      const auto [error, size] = co_await self->ws_.async_write(asio::buffer(next.payload), kTuple);
      self->handle_->written(next.cost);
      if (error) co_return;  // the reader sees it too
    } else if (self->closing_) {
      co_await self->ws_.async_close(self->close_reason_, kTuple);
      co_return;
    } else {
      self->wake_.expires_at(asio::steady_timer::time_point::max());
      co_await self->wake_.async_wait(kTuple);
    }
  }
}

}  // namespace

asio::awaitable<void> serve_websocket(ServerStatePtr state, ByteStream stream, Upgrade upgrade) {
  auto session = std::make_shared<WsSession>(std::move(state), std::move(stream), upgrade.request);
  return WsSession::read_all(std::move(session), std::move(upgrade));
}

}  // namespace sipcast::http
