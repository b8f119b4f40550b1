#include "http/server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <thread>

#include "http/client_for_tests.hpp"

namespace sipcast::http {
namespace {

using namespace std::chrono_literals;

/// Answers with what it was asked.
void echo(const Request& request, const Respond& respond) {
  respond(Response::text(200, request.method + " " + request.path + " " + request.body));
}

class HttpServer : public testing::Test {
 protected:
  HttpServer() {
    web_.router.add("*", "/echo/*", echo);
    web_.router.add("GET", "/healthz", echo);
    web_.router.add("POST", "/empty", [](const Request&, const Respond& respond) { respond({}); });
    web_.router.add("GET", "/later", [this](const Request&, Respond respond) {
      const std::lock_guard lock(mutex_);
      later_ = std::move(respond);
      asked_.set_value();
    });
    web_.options.max_header_bytes = 2048;
    web_.options.max_body_bytes = 1000;
  }
  void wait_until_asked() {
    ASSERT_EQ(asked_.get_future().wait_for(5s), std::future_status::ready);
  }
  Respond later() {
    const std::lock_guard lock(mutex_);
    return later_;
  }

  std::mutex mutex_;
  Respond later_;
  std::promise<void> asked_;
  TestServer web_;
};

TEST_F(HttpServer, PipelinedRequestsAreAnsweredInOrderOnOneConnection) {
  web_.start();
  TestClient client(web_.address);
  client.send(
      "\r\nGET /echo/1?x=y HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /echo/2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
      "GET /echo/%33 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "GET /echo/1 ");
  EXPECT_EQ(client.read_reply().body, "POST /echo/2 body");
  const TestReply third = client.read_reply();
  EXPECT_EQ(third.body, "GET /echo/3 ");
  EXPECT_EQ(third.header("server"), "sipcast");
  EXPECT_EQ(third.header("access-control-allow-origin"), "*");
  EXPECT_EQ(third.header("connection"), "keep-alive");
  EXPECT_EQ(client.get("/healthz").status, 200);
}

TEST_F(HttpServer, ClosesWhenTheClientAsksForIt) {
  web_.start();
  TestClient client(web_.address);
  client.send("GET /echo/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_reply().header("connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
  TestClient old(web_.address);
  old.send("GET /echo/1 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read_reply().status, 200);
  EXPECT_TRUE(old.closed_by_server());
}

TEST_F(HttpServer, MethodsAndPathsGetTheirStatus) {
  web_.start();
  TestClient client(web_.address);
  EXPECT_EQ(client.get("/nothing").status, 404);
  client.send("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  const TestReply refused = client.read_reply();
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("allow"), "GET, HEAD, OPTIONS");
  client.send("HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  const TestReply head = client.read_reply(false);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "14");  // of "HEAD /healthz "
  client.send("OPTIONS /empty HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\n\r\n");
  const TestReply preflight = client.read_reply();
  EXPECT_EQ(preflight.status, 200);
  EXPECT_EQ(preflight.header("content-length"), "0");
  EXPECT_EQ(preflight.header("access-control-allow-methods"), "POST,GET,DELETE,PATCH");
  client.send("POST /empty HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  const TestReply empty = client.read_reply();
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.header("content-length"), "0");
}

TEST_F(HttpServer, ChunkedBodiesArriveWholeAndTrailersAreNoHeaders) {
  web_.router.add("POST", "/trailer", [](const Request& request, const Respond& respond) {
    respond(Response::text(200, std::string(request.header("authorization"))));
  });
  web_.start();
  TestClient client(web_.address);
  client.send(
      "POST /echo/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n");
  client.send("5;ext=1\r\npedia\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "POST /echo/c Wikipedia");
  client.send(
      "POST /trailer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
      "Authorization: forged\r\n\r\n");
  const TestReply reply = client.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "");
}

TEST_F(HttpServer, BodiesBeyondTheLimitAre413EvenWhenTheClientKeepsSending) {
  web_.start();
  const std::string big(300'000, 'x');
  TestClient sized(web_.address);
  sized.send("POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + big);
  const TestReply reply = sized.read_reply();
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "*");
  EXPECT_TRUE(sized.closed_by_server());
  TestClient chunked(web_.address);
  chunked.send("POST /echo/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 3; ++i) chunked.send("200\r\n" + std::string(512, 'x') + "\r\n");
  EXPECT_EQ(chunked.read_reply().status, 413);
}

TEST_F(HttpServer, HeadersBeyondTheLimitAre431) {
  web_.start();
  TestClient client(web_.address);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(4000, 'x') + "\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 431);
  TestClient endless(web_.address);
  endless.send("GET /" + std::string(30'000, 'x'));
  EXPECT_EQ(endless.read_reply().status, 431);
}

TEST_F(HttpServer, WhatIsNoRequestIs400) {
  web_.start();
  for (const char* bytes :
       {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "\x16\x03\x01\x02\x01\r\n\r\n"}) {
    TestClient client(web_.address);
    client.send(bytes);
    EXPECT_EQ(client.read_reply().status, 400) << bytes;
    EXPECT_TRUE(client.closed_by_server()) << bytes;
  }
  TestClient gzip(web_.address);
  gzip.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(gzip.read_reply().status, 501);
}

TEST_F(HttpServer, ASlowRequestIs408AndASilentConnectionJustEnds) {
  web_.options.request_timeout = 50ms;
  web_.options.idle_timeout = 50ms;
  web_.start();
  TestClient half_header(web_.address);
  half_header.send("GET / HT");
  EXPECT_EQ(half_header.read_reply().status, 408);
  EXPECT_TRUE(half_header.closed_by_server());
  TestClient half_body(web_.address);
  half_body.send("POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  EXPECT_EQ(half_body.read_reply().status, 408);
  TestClient silent(web_.address);
  EXPECT_TRUE(silent.closed_by_server());
  TestClient idle(web_.address);
  EXPECT_EQ(idle.get("/healthz").status, 200);
  EXPECT_TRUE(idle.closed_by_server());
}

TEST_F(HttpServer, ExpectedContinueComesBeforeTheBody) {
  web_.start();
  TestClient client(web_.address);
  const std::string head =
      "POST /echo/1 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ";
  client.send(head + "4\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 100);
  client.send("body");
  EXPECT_EQ(client.read_reply().body, "POST /echo/1 body");
  client.send(head + "4000\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 413);
}

TEST_F(HttpServer, AHandlerMayAnswerFromAnotherThreadAndTheFirstAnswerWins) {
  web_.start();
  TestClient client(web_.address);
  client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  wait_until_asked();
  std::thread([respond = later()] {
    respond(Response::json(201, "{\"first\":1}"));
    respond(Response::json(202, "{\"second\":1}"));
  }).join();
  const TestReply reply = client.read_reply();
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "{\"first\":1}");
  EXPECT_EQ(client.read_reply().body, "GET /healthz ");
}

TEST_F(HttpServer, AHandlerThatStaysSilentIs504) {
  web_.options.handler_timeout = 30ms;
  web_.start();
  TestClient client(web_.address);
  EXPECT_EQ(client.get("/later").status, 504);
  later()(Response::text(200, "too late"));
  EXPECT_EQ(client.get("/healthz").body, "GET /healthz ");
}

TEST_F(HttpServer, AnAnswerToAVanishedClientIsIgnored) {
  web_.start();
  {
    TestClient client(web_.address);
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until_asked();
  }
  later()(Response::text(200, std::string(500'000, 'x')));
  TestClient other(web_.address);
  EXPECT_EQ(other.get("/healthz").status, 200);
}

TEST_F(HttpServer, AnAnswerAfterTheServersEndIsIgnored) {
  web_.start();
  TestClient client(web_.address);
  client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  wait_until_asked();
  TestClient idle(web_.address);
  EXPECT_EQ(idle.get("/healthz").status, 200);
  web_.server.reset();
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_TRUE(idle.closed_by_server());
  later()(Response::text(200, "nobody reads this"));
  TestClient refused(web_.address);
  EXPECT_FALSE(refused.connected());
}

TEST_F(HttpServer, LargeAnswersArriveWhole) {
  const std::string large(3'000'000, 'y');
  web_.router.add("GET", "/large", [&](const Request&, const Respond& respond) {
    respond(Response::text(200, large));
  });
  web_.start();
  TestClient client(web_.address);
  EXPECT_EQ(client.get("/large").body, large);
  EXPECT_EQ(client.get("/healthz").status, 200);
}

TEST_F(HttpServer, OneConnectionTooManyIs503) {
  web_.options.max_connections = 1;
  web_.start();
  TestClient first(web_.address);
  EXPECT_EQ(first.get("/healthz").status, 200);
  TestClient second(web_.address);
  EXPECT_EQ(second.get("/healthz").status, 503);
  EXPECT_EQ(first.get("/healthz").status, 200);
}

TEST_F(HttpServer, APortThatIsTakenIsNamedWithWhatToDo) {
  web_.start();
  const auto again = web_.server->listen(web_.address, nullptr);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::Io);
  const std::string port = std::to_string(web_.address.port());
  EXPECT_EQ(again.error().cause,
            "cannot listen on TCP 127.0.0.1:" + port +
                ": address in use (another program holds it: `ss -ltnp 'sport = :" + port +
                "'` tells which)");
}

TEST(HttpServerLife, ALoopThatNeverRanOrStoppedFirstIsNoProblem) {
  {
    EventLoop loop("web");
    Router router;
    Server server(loop, router, {}, Logger::none());
    EXPECT_TRUE(server.listen(*SocketAddress::parse("127.0.0.1", 0), nullptr));
  }
  EventLoop loop("web");
  Router router;
  router.add("GET", "/", echo);
  Server server(loop, router, {}, Logger::none());
  loop.start();
  const auto address = server.listen(*SocketAddress::parse("127.0.0.1", 0), nullptr);
  ASSERT_TRUE(address);
  TestClient client(*address);
  EXPECT_EQ(client.get("/").status, 200);
  loop.stop();
}

}  // namespace
}  // namespace sipcast::http
