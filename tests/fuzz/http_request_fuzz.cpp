// The target of a request, its query and the router: whatever comes in, the path that handlers see
// is normal.
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/text.hpp"
#include "http/byte_range.hpp"
#include "http/http.hpp"
#include "http/request_target.hpp"
#include "http/response_head.hpp"

namespace {

using namespace sipcast;
using namespace sipcast::http;

Router sample() {
  Router router;
  const Handler answer = [](const Request& request, const Respond& respond) {
    respond({.status = 200,
             .headers = {{"Location", request.path}, {request.query_value("n"), request.query}},
             .body = request.query_value("q")});
  };
  router.add("GET", "/", answer);
  router.add("GET", "/a/*", answer);
  router.add("POST", "/a/b", answer);
  router.add("*", "/*", answer);
  return router;
}

void check_path(const std::string& path) {
  CHECK(path.starts_with('/'));
  CHECK(path.find("//") == std::string::npos);
  CHECK(path.find('\0') == std::string::npos);
  for (const std::string_view segment : split(path, '/')) CHECK(segment != "." && segment != "..");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Router router = sample();
  const auto [method, target] = cut(as_text({data, size}), ' ');
  const ByteRange range = parse_byte_range(target, size);
  CHECK(range.first + range.length <= size);
  const auto parsed = parse_target(target);
  if (!parsed) return 0;
  if (parsed->path != "*") check_path(parsed->path);
  Request request;
  request.method = method;
  request.path = parsed->path;
  request.query = parsed->query;
  int answers = 0;
  router.handle(request, [&](const Response& response) {
    ++answers;
    CHECK(method != "HEAD" || response.body.empty());
    const std::string head = response_head(response, {.to_head = method == "HEAD"});
    CHECK(head.find("\r\n\r\n") == head.size() - 4);
  });
  CHECK(answers == 1);
  return 0;
}
