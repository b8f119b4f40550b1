#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace sipcast {

/// From the cryptographic generator of OpenSSL; any thread.
void random_bytes(std::span<uint8_t> out);
uint32_t random_u32();
uint64_t random_u64();
/// `length` characters of [a-zA-Z0-9]: tags, branches, ufrag, tokens (5.95 bits each).
std::string random_token(size_t length);

}  // namespace sipcast
