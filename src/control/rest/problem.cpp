#include "control/rest/problem.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/rest/http_status.hpp"
#include "http/response_head.hpp"

namespace sipcast::rest {

http::Response problem(const Error& error) {
  const int status = http_status(error.code);
  return {.status = status,
          .headers = {{"Content-Type", "application/problem+json"}},
          .body = boost::json::serialize(
              boost::json::object{{"type", "about:blank"},
                                  {"title", http::reason_phrase(status)},
                                  {"status", status},
                                  {"code", to_string(error.code)},
                                  {"detail", printable(error.cause, 1000)}})};
}

}  // namespace sipcast::rest
