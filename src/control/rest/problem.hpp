#pragma once
#include "base/result.hpp"
#include "http/http.hpp"

namespace sipcast::rest {

/// RFC 9457 problem details of the least kind: {"title":"...","status":412,"detail":"..."}. `title`
/// is the same for all of one status.
http::Response problem(int status, std::string_view title, std::string_view detail);

/// The same with another status and code than those of an Errc.
http::Response problem(int status, std::string_view code, std::string_view title,
                       std::string_view detail);

/// An error of the /v1 API as RFC 9457 problem details:
/// {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"callId:
/// ..."}
http::Response problem(const Error& error);

}  // namespace sipcast::rest
