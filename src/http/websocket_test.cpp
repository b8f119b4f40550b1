#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "http/client_for_tests.hpp"
#include "http/server.hpp"

namespace sipcast::http {
namespace {

using namespace std::chrono_literals;

/// What observers saw; tests wait for it.
class Events {
 public:
  void add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  bool wait_for(const std::string& event) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 5s, [&] { return count(event) > 0; });
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  std::ptrdiff_t count(const std::string& event) const {
    return std::count(events_.begin(), events_.end(), event);
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

class Echo final : public WsObserver {
 public:
  Echo(Events& events, std::shared_ptr<WsConnection> connection)
      : events_(events), connection_(std::move(connection)) {
    events_.add("open " + connection_->upgrade_request().path);
  }
  void on_text(std::string_view text) override {
    if (text == "bye") return connection_->close("as you wish");
    connection_->send("echo " + std::string(text));
  }
  void on_close() override { events_.add("close"); }

 private:
  Events& events_;
  const std::shared_ptr<WsConnection> connection_;
};

class WebSocket : public testing::Test {
 protected:
  WebSocket() {
    web_.router.set_websocket([this](std::shared_ptr<WsConnection> connection) {
      connection_ = connection;
      return std::make_unique<Echo>(events_, std::move(connection));
    });
    web_.router.add("GET", "/healthz", [](const Request&, const Respond& respond) { respond({}); });
    web_.options.max_ws_frame_bytes = 10'000;
  }

  Events events_;
  std::shared_ptr<WsConnection> connection_;
  TestServer web_;
};

TEST_F(WebSocket, TextComesBackWhateverThePath) {
  web_.start();
  TestClient client(web_.address);
  const TestReply opened = client.open_websocket("/any/path?x=1");
  EXPECT_EQ(opened.status, 101);
  EXPECT_EQ(opened.header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(opened.header("sec-websocket-extensions"), "");
  ASSERT_TRUE(events_.wait_for("open /any/path"));
  client.send(TestClient::frame(1, "hello"));
  EXPECT_EQ(client.read_frame().payload, "echo hello");
  client.send(TestClient::frame(2, "binary is ignored"));
  client.send(TestClient::frame(1, std::string(9000, 'z')));
  const TestFrame large = client.read_frame();
  EXPECT_TRUE(large.fin);
  EXPECT_EQ(large.payload.size(), 9005u);
  client.close();
  EXPECT_TRUE(events_.wait_for("close"));
}

TEST_F(WebSocket, PlainRequestsAreServedOnTheSameListener) {
  web_.start();
  TestClient client(web_.address);
  EXPECT_EQ(client.get("/healthz").status, 200);
  EXPECT_EQ(client.open_websocket().status, 101);
}

TEST_F(WebSocket, FragmentsAreJoinedAndPingsAnsweredBetweenThem) {
  web_.start();
  TestClient client(web_.address);
  client.open_websocket();
  client.send(TestClient::frame(1, "one ", false));
  client.send(TestClient::frame(9, "ping"));
  client.send(TestClient::frame(0, "two ", false));
  client.send(TestClient::frame(0, "three", true));
  const TestFrame pong = client.read_frame();
  EXPECT_EQ(pong.opcode, 10);
  EXPECT_EQ(pong.payload, "ping");
  EXPECT_EQ(client.read_frame().payload, "echo one two three");
}

TEST_F(WebSocket, AMessageBeyondTheLimitClosesWith1009) {
  web_.start();
  TestClient client(web_.address);
  client.open_websocket();
  client.send(TestClient::frame(1, std::string(9000, 'x'), false));
  client.send(TestClient::frame(0, std::string(9000, 'x'), true));
  EXPECT_EQ(TestClient::close_code(client.read_frame()), 1009);
  client.close();
  EXPECT_TRUE(events_.wait_for("close"));
}

TEST_F(WebSocket, InvalidUtf8IsAnError) {
  web_.start();
  TestClient client(web_.address);
  client.open_websocket();
  client.send(TestClient::frame(1, "\xff\xfe"));
  EXPECT_EQ(TestClient::close_code(client.read_frame()), 1007);
}

TEST_F(WebSocket, CloseOfTheApplicationSendsWhatIsQueuedAndTheReason) {
  web_.start();
  TestClient client(web_.address);
  client.open_websocket();
  client.send(TestClient::frame(1, "a"));
  client.send(TestClient::frame(1, "bye"));
  EXPECT_EQ(client.read_frame().payload, "echo a");
  const TestFrame closed = client.read_frame();
  EXPECT_EQ(TestClient::close_code(closed), 1000);
  EXPECT_EQ(closed.payload.substr(2), "as you wish");
  client.send(TestClient::frame(8, closed.payload));
  client.close();
  EXPECT_TRUE(events_.wait_for("close"));
  connection_->send("nobody is there");
  connection_->close("nor here");
}

TEST_F(WebSocket, CloseOfTheClientIsAnswered) {
  web_.start();
  TestClient client(web_.address);
  client.open_websocket();
  client.send(TestClient::frame(8, std::string("\x03\xe8", 2)));
  EXPECT_EQ(TestClient::close_code(client.read_frame()), 1000);
  EXPECT_TRUE(client.closed_by_server());
  client.close();
  EXPECT_TRUE(events_.wait_for("close"));
}

TEST_F(WebSocket, ManyThreadsMaySendAndAllFramesArriveWhole) {
  web_.start();
  TestClient client(web_.address);
  client.open_websocket();
  ASSERT_TRUE(events_.wait_for("open /"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 200; ++i) connection_->send(std::string(100, static_cast<char>('a' + t)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<std::string, int> seen;
  for (int i = 0; i < 800; ++i) ++seen[client.read_frame().payload];
  EXPECT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[std::string(100, 'a')], 200);
}

TEST_F(WebSocket, AReaderThatLetsTooMuchPileUpIsClosedWithAReason) {
  web_.start();
  TestClient client(web_.address);
  client.open_websocket();
  ASSERT_TRUE(events_.wait_for("open /"));
  const std::string frame(100'000, 'q');
  for (int i = 0; i < 300; ++i) connection_->send(frame);
  TestFrame last;
  int frames = 0;
  do {
    last = client.read_frame();
    frames += last.opcode == 1 ? 1 : 0;
  } while (last.opcode == 1);
  EXPECT_LT(frames, 300);
  EXPECT_EQ(TestClient::close_code(last), 1008);
  EXPECT_EQ(last.payload.substr(2), "reads too slowly");
  client.close();
  EXPECT_TRUE(events_.wait_for("close"));
}

TEST_F(WebSocket, TheServersEndClosesEachConnectionOnce) {
  web_.start();
  TestClient polite(web_.address);
  TestClient deaf(web_.address);
  polite.open_websocket("/polite");
  deaf.open_websocket("/deaf");
  ASSERT_TRUE(events_.wait_for("open /polite"));
  ASSERT_TRUE(events_.wait_for("open /deaf"));
  web_.server.reset();
  EXPECT_EQ(TestClient::close_code(polite.read_frame()), 1001);
  const std::vector<std::string> events = events_.all();
  EXPECT_EQ(std::count(events.begin(), events.end(), "close"), 2);
  connection_->send("too late");
}

TEST_F(WebSocket, ALoopThatStoppedBeforeTheServerStillTellsObservers) {
  web_.start();
  TestClient client(web_.address);
  client.open_websocket();
  ASSERT_TRUE(events_.wait_for("open /"));
  web_.loop.stop();
  web_.server.reset();
  EXPECT_EQ(events_.all(), (std::vector<std::string>{"open /", "close"}));
  connection_->close("too late");
}

TEST_F(WebSocket, AHandshakeThatIsNotOneIsRefused) {
  web_.start();
  TestClient version(web_.address);
  version.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_EQ(version.read_reply().status, 426);
  TestClient early(web_.address);
  early.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      TestClient::frame(1, "early"));
  EXPECT_EQ(early.read_reply().status, 400);
}

TEST_F(WebSocket, WithoutAnAcceptorItIsAPlainRequest) {
  web_.router.set_websocket({});
  web_.start();
  TestClient client(web_.address);
  EXPECT_EQ(client.open_websocket("/none").status, 404);
}

}  // namespace
}  // namespace sipcast::http
