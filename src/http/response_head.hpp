#pragma once
#include <ctime>
#include <string>
#include <string_view>

#include "http/http.hpp"

namespace sipcast::http {

/// How a connection goes on behind a reply.
enum class AfterReply { KeepAlive, Close };

struct ReplyContext {
  AfterReply after = AfterReply::KeepAlive;
  bool to_head = false;  ///< no body follows; Content-Length tells that of GET
  std::time_t now = 0;
};

/// Status line and headers of a reply up to and with the empty line (RFC 9112 §4): Content-Length
/// and Content-Type of its body, Server, Date, Connection and the headers of `response`. Headers
/// with control characters are left out: they would forge a reply.
std::string response_head(const Response& response, const ReplyContext& context);

/// Whether a reply of this status may have a body (RFC 9110 §6.4.1).
bool allows_body(int status);

/// "Not Found" for 404; "" for what we do not know.
std::string_view reason_phrase(int status);

/// RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::time_t time);

}  // namespace sipcast::http
