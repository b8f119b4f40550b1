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

http::Response problem(int status, std::string_view code, std::string_view title,
                       std::string_view detail) {
  return document(status, {{"type", "about:blank"},
                           {"title", title},
                           {"status", status},
                           {"code", code},
                           {"detail", printable(detail, 1000)}});
}

http::Response problem(const Error& error) {
  const int status = http_status(error.code);
  return problem(status, to_string(error.code), http::reason_phrase(status), error.cause);
}

}  // namespace sipcast::rest
