#pragma once
#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace sipcast {

/// HMAC-SHA-256 (RFC 2104).
std::array<uint8_t, 32> hmac_sha256(BytesView key, BytesView text);

/// Whether both are the same, in a time that tells nothing of where they differ.
bool same_secret(BytesView a, BytesView b);

}  // namespace sipcast
