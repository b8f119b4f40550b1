#pragma once
#include "base/result.hpp"
#include "http/http.hpp"

namespace sipcast::rest {

/// The only place where an error becomes an HTTP status.
constexpr int http_status(Errc code) {
  switch (code) {
    case Errc::Truncated:
    case Errc::BadVersion:
    case Errc::BadPadding:
    case Errc::BadSyntax:
    case Errc::InvalidArgument:
      return 400;
    case Errc::Unauthorized:
      return 401;
    case Errc::Forbidden:
      return 403;
    case Errc::NotFound:
      return 404;
    case Errc::NoCommonCodec:
      return 406;
    case Errc::AlreadyExists:
      return 409;
    case Errc::Exhausted:
    case Errc::Timeout:
      return 503;
    case Errc::Refused:
      return 502;
    case Errc::Unsupported:
      return 501;
    case Errc::Io:
    case Errc::Internal:
      return 500;
  }
  std::unreachable();
}

/// The same for a call that is not begun: its limits are the asker's business (429).
constexpr int start_call_status(Errc code) {
  return code == Errc::Exhausted ? 429 : http_status(code);
}

/// {"status":404,"error":"not_found","message":"Call not found"}
http::Response error_response(const Error& error);
http::Response error_response(const Error& error, int status);

}  // namespace sipcast::rest
