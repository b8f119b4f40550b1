#include "control/rest/http_status.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"

namespace sipcast::rest {

http::Response error_response(const Error& error) {
  return error_response(error, http_status(error.code));
}

http::Response error_response(const Error& error, int status) {
  return http::Response::json(status, boost::json::serialize(boost::json::object{
                                          {"status", status},
                                          {"error", to_string(error.code)},
                                          {"message", printable(error.cause, 1000)}}));
}

}  // namespace sipcast::rest
