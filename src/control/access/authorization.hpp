#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"

namespace sipcast {

/// RFC 7617.
struct BasicCredentials {
  std::string user, password;
};
/// RFC 6750.
struct BearerToken {
  std::string token;
};

/// The value of an Authorization header. Errors: BadSyntax, Unsupported (another scheme); no error
/// quotes anything of it.
Result<std::variant<BasicCredentials, BearerToken>> parse_authorization(std::string_view header);

/// The token of "Bearer ..."; "" where there is none.
std::string bearer_token(std::string_view header);

}  // namespace sipcast
