#include <gtest/gtest.h>

#include <stdexcept>

#include "http/http.hpp"

namespace sipcast::http {
namespace {

Handler says(std::string text) {
  return [text](const Request&, const Respond& respond) { respond(Response::text(200, text)); };
}

Response ask(const Router& router, std::string method, std::string path) {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  Response answer{.status = 0, .headers = {}, .body = {}};
  router.handle(request, [&](Response response) { answer = std::move(response); });
  return answer;
}

std::string header(const Response& response, std::string_view name) {
  const std::string* value = response.find_header(name);
  return value ? *value : "";
}

Router sample() {
  Router router;
  router.add("GET", "/healthz", says("health"));
  router.add("GET", "/whep/*", says("whep below"));
  router.add("POST", "/whep/*", says("whep post"));
  router.add("GET", "/whep/special", says("special"));
  router.add("DELETE", "/whep/session/*", says("session"));
  router.add("*", "/any", says("any"));
  return router;
}

TEST(Router, TheLongestPatternWins) {
  const Router router = sample();
  EXPECT_EQ(ask(router, "GET", "/healthz").body, "health");
  EXPECT_EQ(ask(router, "GET", "/whep/room").body, "whep below");
  EXPECT_EQ(ask(router, "POST", "/whep/room/more").body, "whep post");
  EXPECT_EQ(ask(router, "GET", "/whep/special").body, "special");
  EXPECT_EQ(ask(router, "DELETE", "/whep/session/7").body, "session");
  EXPECT_EQ(ask(router, "PURGE", "/any").body, "any");
}

TEST(Router, UnknownPathsAre404WithCorsHeaders) {
  const Router router = sample();
  for (const char* path : {"/", "/healthz/", "/health", "/whep", "*"}) {
    const Response answer = ask(router, "GET", path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(header(answer, "access-control-allow-origin"), "*");
  }
}

TEST(Router, KnownPathsWithOtherMethodsAre405WithAllow) {
  const Router router = sample();
  const Response answer = ask(router, "PUT", "/whep/room");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(header(answer, "allow"), "GET, POST, HEAD, OPTIONS");
  EXPECT_EQ(ask(router, "POST", "/whep/special").status, 405);
}

TEST(Router, HeadIsGetWithoutItsBody) {
  const Response answer = ask(sample(), "HEAD", "/healthz");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(header(answer, "content-length"), "6");
}

TEST(Router, OptionsOfKnownPathsAreAPreflight) {
  const Response answer = ask(sample(), "OPTIONS", "/any");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(header(answer, "access-control-allow-origin"), "*");
  EXPECT_EQ(header(answer, "access-control-allow-methods"), "POST,GET,DELETE,PATCH");
  EXPECT_EQ(header(answer, "access-control-allow-headers"),
            "content-type,x-requested-with,authorization,if-match");
  EXPECT_EQ(header(answer, "access-control-expose-headers"), "Location,ETag,Link");
  EXPECT_EQ(ask(sample(), "OPTIONS", "*").status, 200);
  EXPECT_EQ(ask(sample(), "OPTIONS", "/nothing").status, 404);
}

TEST(Router, CorsCanBeSetAndAHandlersOwnHeaderStays) {
  Router router;
  router.set_cors({.allow_origin = "https://app.example", .expose = ""});
  router.add("GET", "/own", [](const Request&, const Respond& respond) {
    respond({.status = 200, .headers = {{"access-control-allow-origin", "null"}}, .body = {}});
  });
  router.add("OPTIONS", "/own", says("mine"));
  const Response own = ask(router, "GET", "/own");
  EXPECT_EQ(own.headers.size(), 1u);
  EXPECT_EQ(header(own, "Access-Control-Allow-Origin"), "null");
  EXPECT_EQ(header(ask(router, "GET", "/x"), "Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(ask(router, "OPTIONS", "/own").body, "mine");
}

TEST(Router, AHandlersExceptionIs500) {
  Router router;
  router.add("GET", "/", [](const Request&, const Respond&) { throw std::runtime_error("bug"); });
  EXPECT_EQ(ask(router, "GET", "/").status, 500);
}

TEST(Router, AGuardIsAskedBeforeAHandlerAndNotBeforeAPreflight) {
  Router router = sample();
  std::vector<std::string> asked;
  std::function<void(Verdict)> later;
  router.set_guard([&](const Request& request, std::function<void(Verdict)> done) {
    asked.push_back(request.path);
    if (request.path == "/healthz") return done({});
    if (request.path == "/any") return done({.refused = Response::text(401, "who are you?")});
    later = std::move(done);
  });
  EXPECT_EQ(ask(router, "GET", "/healthz").body, "health");
  const Response refused = ask(router, "GET", "/any");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(header(refused, "access-control-allow-origin"), "*");
  EXPECT_EQ(ask(router, "OPTIONS", "/any").status, 200);
  EXPECT_EQ(ask(router, "GET", "/nowhere").status, 404);
  EXPECT_EQ(asked, (std::vector<std::string>{"/healthz", "/any"}));
  {
    Request request;
    request.method = "GET";
    request.path = "/whep/room";
    Response answer{.status = 0, .headers = {}, .body = {}};
    router.handle(request, [&](Response response) { answer = std::move(response); });
    EXPECT_EQ(answer.status, 0);
    request = {};  // gone by then
    later({});
    EXPECT_EQ(answer.body, "whep below");
  }
}

TEST(Router, WholeHeadersOfCorsTakeThePlaceOfOurs) {
  Router router = sample();
  router.set_cors({.more = {{"Access-Control-Allow-Origin", "https://a.example"},
                            {"Access-Control-Allow-Credentials", "true"}}});
  const Response answer = ask(router, "GET", "/healthz");
  EXPECT_EQ(header(answer, "access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(header(answer, "access-control-allow-credentials"), "true");
}

}  // namespace
}  // namespace sipcast::http
