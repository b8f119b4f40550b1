#pragma once
#include "base/result.hpp"
#include "http/http.hpp"

namespace sipcast::rest {

/// An error of the /v1 API as RFC 9457 problem details:
/// {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"callId:
/// ..."}
http::Response problem(const Error& error);

}  // namespace sipcast::rest
