#include "http/response_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sipcast::http {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string head_of(const Response& response, bool to_head = false) {
  return response_head(response,
                       {.after = AfterReply::KeepAlive, .to_head = to_head, .now = 784111777});
}

TEST(ResponseHead, ASmallReplyIsExactlyThis) {
  EXPECT_EQ(head_of(Response::json(200, "{}")),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            "Server: sipcast\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Connection: keep-alive\r\n\r\n");
}

TEST(ResponseHead, AnEmptyReplySaysThatItHasNoBytes) {
  const std::string head = head_of({.status = 200, .headers = {}, .body = {}});
  EXPECT_THAT(head, HasSubstr("Content-Length: 0\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Type")));
  EXPECT_THAT(head_of({.status = 204, .headers = {}, .body = {}}),
              Not(HasSubstr("Content-Length")));
}

TEST(ResponseHead, ABodyWithoutATypeIsText) {
  EXPECT_THAT(head_of({.status = 200, .headers = {}, .body = "x"}),
              HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
}

TEST(ResponseHead, HeadersCannotForgeAReply) {
  const std::string head = head_of({.status = 200,
                                    .headers = {{"X-A", "1\r\nX-B: 2"},
                                                {"X C", "3"},
                                                {"Transfer-Encoding", "chunked"},
                                                {"Content-Length", "999"},
                                                {"X-D", "4"}},
                                    .body = "abc"});
  EXPECT_THAT(head, Not(HasSubstr("X-B")));
  EXPECT_THAT(head, Not(HasSubstr("X C")));
  EXPECT_THAT(head, Not(HasSubstr("chunked")));
  EXPECT_THAT(head, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("999")));
  EXPECT_THAT(head, HasSubstr("X-D: 4\r\n"));
}

TEST(ResponseHead, AReplyToHeadTellsTheLengthOfGet) {
  EXPECT_THAT(head_of({.status = 200, .headers = {{"Content-Length", "42"}}, .body = {}}, true),
              HasSubstr("Content-Length: 42\r\n"));
}

TEST(ResponseHead, ABodyWithoutAnEndHasNoLength) {
  Response response{.status = 200, .headers = {{"Content-Type", "text/event-stream"}}, .body = {}};
  response.source =
      std::make_shared<const BodySource>(BodySource{.size = BodySource::kOpenEnd, .next = nullptr});
  const std::string head = head_of(response);
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
}

}  // namespace
}  // namespace sipcast::http
