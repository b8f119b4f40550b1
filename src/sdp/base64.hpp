#pragma once
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace sipcast::sdp {

/// RFC 4648 §4, padding optional; empty when it is no base64.
Bytes decode_base64(std::string_view text);
std::string encode_base64(BytesView bytes);

}  // namespace sipcast::sdp
