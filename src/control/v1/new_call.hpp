#pragma once
#include <string_view>

#include "base/result.hpp"
#include "control/call_info.hpp"

namespace sipcast::v1 {

/// The body of POST /v1/calls:
/// {"callee":"bob", "account":{"login":"alice","domain":"pbx.example","password":"...",
///  "auth_name":"...","display_name":"...","proxy":"sip:10.0.0.1:5060;transport=tcp","port":5060,
///  "register":false}, "call_id":"...", "stream":"...", "audio":true, "video":true,
///  "record":false}
/// Only callee, account.login and account.domain must be there. Errors: BadSyntax, InvalidArgument
/// naming the field.
Result<StartCall> parse_new_call(std::string_view body);

}  // namespace sipcast::v1
