#include "control/rest/problem.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/rest/http_status.hpp"
#include "http/response_head.hpp"

namespace sipcast::rest {

namespace {
http::Response document(int status, const boost::json::object& members) {
  return {.status = status,
          .headers = {{"Content-Type", "application/problem+json"}},
          .body = boost::json::serialize(members)};
}
}  // namespace

http::Response problem(int status, std::string_view title, std::string_view detail) {
  return document(status,
                  {{"title", title}, {"status", status}, {"detail", printable(detail, 1000)}});
}

http::Response problem(const Error& error) {
  const int status = http_status(error.code);
  return document(status, {{"type", "about:blank"},
                           {"title", http::reason_phrase(status)},
                           {"status", status},
                           {"code", to_string(error.code)},
                           {"detail", printable(error.cause, 1000)}});
}

}  // namespace sipcast::rest
